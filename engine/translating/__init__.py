"""The words of a tree in another language: what is there, what is missing, and files for those who
translate. To add a format of such files: write its module, add its line here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from engine.translating import csv, xliff, xliff_1_2
from engine.translating.units import Back, Unit


class Exchange(Protocol):
    """A format that translators work in. What ``write`` says, ``read`` gives back exactly.
    ``read`` raises ValueError with words for whoever sent the file."""

    def write(self, units: Sequence[Unit], name: str, source: str, language: str) -> str: ...
    def read(self, raw: bytes) -> list[Back]: ...


EXCHANGES: Mapping[str, Exchange] = {"csv": csv, "xliff": xliff, "xliff-1.2": xliff_1_2}
