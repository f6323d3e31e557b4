"""Where the record is kept while it is measured: a new SQLite file, and a PostgreSQL of our own
where one is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests import postgres_server

# Gives the address of a new store each time that it is called.
Fresh = Callable[[], str]


@contextmanager
def stores(folder: Path) -> Iterator[Mapping[str, Fresh]]:
    numbers = count()
    found: dict[str, Fresh] = {"SQLite": lambda: f"sqlite:///{folder}/{next(numbers)}.db"}
    if postgres_server.programs() is None:
        print("\n  LEFT OUT: there is no PostgreSQL here (apt-get install postgresql)")
        yield found
        return
    with postgres_server.running() as server:
        yield found | {"PostgreSQL": server.url}
