"""How long things are kept: personal values first, whole walks later.

``[retention]`` of the settings says it, for all trees and for single ones:

    [retention]
    private = "90d"
    walks = "730d"

    [retention.trees.internet_down]
    private = "7d"

Age counts from a walk's last event. What has come of age is erased in small batches, each walk only
if nobody has moved it since, so that any number of servers may do it at the same time (``expiring``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from engine.model import Noun

Age = timedelta | None  # None: for ever


class Ages(Noun, frozen=True):
    """How long private values, and whole walks, are kept."""

    private: Age = None
    walks: Age = None


class Retention(Noun, frozen=True):
    """Of all trees, and of those that have ages of their own."""

    ages: Ages = Ages()
    trees: Mapping[str, Ages] = {}

    def __bool__(self) -> bool:
        return any(ages != Ages() for ages in (self.ages, *self.trees.values()))


class Rule(Noun, frozen=True):
    """One age: of ``tree``, or of all trees but those in ``but``."""

    age: timedelta
    private: bool
    tree: str = ""
    but: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------ settings


def read(table: Mapping[str, Any]) -> Retention:
    """The settings as they are written. Raises ValueError with the end of a sentence."""
    ages = _ages(table, "", Ages(), more=("trees",))
    trees = table.get("trees", {})
    if not isinstance(trees, Mapping):
        raise ValueError("trees is a table of trees: [retention.trees.TREE]")
    own = {}
    for tree, written in trees.items():
        if not isinstance(written, Mapping):
            raise ValueError(f'trees.{tree} is a table: [retention.trees.{tree}], private = "7d"')
        own[tree] = _ages(written, f"trees.{tree}.", ages)
    return Retention(ages, own)


def _ages(table: Mapping[str, Any], where: str, else_: Ages, more: tuple[str, ...] = ()) -> Ages:
    known = (*Ages.__struct_fields__, *more)
    for name in table.keys() - set(known):
        raise ValueError(f"there is no {where}{name}: write {', '.join(known)}")
    found = {
        name: _age(table[name], where + name) if name in table else getattr(else_, name)
        for name in Ages.__struct_fields__
    }
    return Ages(**found)


def _age(written: Any, where: str) -> Age:
    if written == "forever":
        return None
    match = re.fullmatch(r"([1-9]\d{0,5})([hd])", written) if isinstance(written, str) else None
    if match is None:
        raise ValueError(
            f'{where} is days or hours, "90d" or "12h", or "forever", not {written!r}'
        )
    return timedelta(**{{"h": "hours", "d": "days"}[match[2]]: int(match[1])})


def shown(retention: Retention) -> str:
    """In one line, for people."""

    def ages(ages: Ages) -> str:
        return ", ".join(f"{n} {_told(getattr(ages, n))}" for n in Ages.__struct_fields__)

    return "; ".join(
        [ages(retention.ages), *(f"{t}: {ages(a)}" for t, a in retention.trees.items())]
    )


def _told(age: Age) -> str:
    return "forever" if age is None else f"{age / timedelta(days=1):g}d"


def rules(retention: Retention) -> Iterator[Rule]:
    """Every age as a rule. Whole walks first: with them their private values go."""
    for name in ("walks", "private"):
        of_all = getattr(retention.ages, name)
        if of_all is not None:
            yield Rule(of_all, name == "private", but=tuple(retention.trees))
        for tree, ages in retention.trees.items():
            age = getattr(ages, name)
            if age is not None:
                yield Rule(age, name == "private", tree=tree)
