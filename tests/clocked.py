"""`fingerpost serve` as it is, but for its clock, which stands where a file says: stories are told on
days of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path

import web.serving.process
from web.cli import main
from web.desk import Desk


def clock(file: Path) -> Callable[[], datetime]:
    return lambda: datetime.fromisoformat(file.read_text("utf-8"))


if __name__ == "__main__":
    vars(web.serving.process)["Desk"] = partial(Desk, clock=clock(Path(sys.argv[1])))
    sys.exit(main(["serve", *sys.argv[2:]]))
