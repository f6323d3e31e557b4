"""``python -m web.cli`` is ``fingerpost``."""

import sys

from web.cli import main

sys.exit(main())
