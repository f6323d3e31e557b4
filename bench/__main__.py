"""``make bench``, or ``python -m bench reader walker checks command pages record``: any of the parts.
``record --large`` fills a store of 10 million events, which takes some minutes and 10 GB."""

from __future__ import annotations

import importlib
import os
import platform
import sys

from bench import measure

PARTS = ("reader", "walker", "checks", "command", "pages", "record")


def main(parts: list[str]) -> None:
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        sys.exit(f"bench: there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    print((measure.__doc__ or "").strip())
    for part in parts or PARTS:
        importlib.import_module(f"bench.{part}").run()


if __name__ == "__main__":
    main([part for part in sys.argv[1:] if part != "--large"])
