"""A tree of which only words are others is not explored again: nothing else may pass for words, and
exploring may read none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.explore import explore
from engine.exploring.alike import _LEFT_OUT, alike
from engine.exploring.explored import Explored
from engine.library import read_library
from engine.load import examine
from engine.model import Noun, Text, Tree
from tests.kinds import kinds, write
from tests.test_examined_again import FILES, once_more

TREES = Path(__file__).parent.parent / "trees"


def reworded(of: Any) -> Any:
    """The same with none of its words."""
    if isinstance(of, Text):
        return replace(of, source="Words, words, words.", blocks=("Words.",))
    if isinstance(of, Noun):
        fields = {name: reworded(getattr(of, name)) for name in of.__struct_fields__}
        return type(of)(**fields)
    if isinstance(of, Mapping):
        return {key: reworded(value) for key, value in of.items()}
    return tuple(map(reworded, of)) if isinstance(of, tuple) else of


def others(of: Any, seen: set[Any], mark: Any = None) -> Iterator[Any]:
    """Copies of it with one thing another that is no word: once for each field of each noun."""
    if isinstance(of, Noun):
        for name in of.__struct_fields__:
            if name not in _LEFT_OUT.get(type(of), ()) and name != "uses":
                for other in others(getattr(of, name), seen, (type(of), name)):
                    yield replace(of, **{name: other})
    elif isinstance(of, dict) and of:
        yield from _other_dicts(of, seen, mark)
    elif isinstance(of, tuple) and of:
        yield from _other_tuples(of, seen, mark)
    else:
        yield from _once(seen, (mark, type(of)), _other(of))


def _other_dicts(of: dict[Any, Any], seen: set[Any], mark: Any) -> Iterator[Any]:
    yield from _once(seen, (mark, "shorter"), dict([*of.items()][:-1]))
    if len(of) > 1:
        yield from _once(seen, (mark, "order"), dict(reversed(of.items())))
    for key, value in of.items():
        for other in others(value, seen, (mark, "of")):
            yield {**of, key: other}


def _other_tuples(of: tuple[Any, ...], seen: set[Any], mark: Any) -> Iterator[Any]:
    yield from _once(seen, (mark, "shorter"), of[:-1])
    for n, item in enumerate(of):
        for other in others(item, seen, (mark, "of")):
            yield (*of[:n], other, *of[n + 1 :])


def _once(seen: set[Any], mark: Any, other: Any) -> Iterator[Any]:
    if mark not in seen:
        seen.add(mark)
        yield other


def _other(of: Any) -> Any:
    match of:
        case bool():
            return not of
        case str():
            return of + "x"
        case int() | Decimal():
            return of + 1
        case date():
            return of + timedelta(days=1)
        case frozenset():
            return of | {"x"}
        case _:
            return object()


def found(explored: Explored) -> Mapping[str, Any]:
    return {name: value for name, value in vars(explored).items() if name != "tree"}


def test_whatever_else_is_another_is_seen() -> None:
    seen: set[Any] = set()
    count = 0
    trees = [*read_library(TREES).trees.values(), *kinds().trees.values()]
    for tree in trees:
        for other in others(tree, seen):
            count += 1
            assert not alike(tree, other)
    assert count > 200, count
    nouns = {"title", "calendar"}  # seen by their own fields
    of_trees = {name for name in Tree.__struct_fields__ if name not in {"text", "uses"} | nouns}
    assert of_trees <= {_field(mark) for mark in seen}


def _field(mark: Any) -> str:
    """The field of a tree that a mark begins with; "" for another noun's."""
    while not isinstance(mark[0], type):
        mark = mark[0]
    return mark[1] if mark[0] is Tree else ""


def test_another_subtree_is_seen_and_its_words_are_not(tmp_path: Path) -> None:
    tree = read_library(write(tmp_path, FILES)).trees["main"]
    sub = tree.uses["sub"]
    assert alike(tree, replace(tree, uses={"sub": reworded(sub)}))
    assert not alike(tree, replace(tree, uses={"sub": replace(sub, start="out")}))
    assert not alike(tree, replace(tree, uses={}))


def test_words_are_not_seen() -> None:
    for tree in read_library(TREES).trees.values():
        assert alike(tree, reworded(tree)), tree.id


@pytest.mark.slow
def test_exploring_reads_no_words() -> None:
    shipped = [*read_library(TREES).trees.values()][::5]
    for tree in (*shipped, *(kinds().trees[id] for id in kinds().explored)):
        assert found(explore(tree)) == found(explore(reworded(tree))), tree.id


def test_new_words_are_looked_at_without_exploring(tmp_path: Path) -> None:
    said: list[str] = []
    before = examine(write(tmp_path, FILES))
    sub = FILES["sub.yaml"].replace("Which?", "Which one?")
    write(tmp_path, {"sub.yaml": sub, "library.yaml": FILES["library.yaml"] + "# more\n"})
    again = once_more(tmp_path, before, said)
    assert said == []
    assert again.explored["main"].tree is again.trees["main"], (
        "it is known as that of the new tree"
    )
    assert again.trees["sub"].nodes["ask"].say.source == "Which one?"
    write(tmp_path, {"sub.yaml": sub.replace("Which one?", "Which, {visits.ask}?")})
    once_more(tmp_path, again, said)
    assert said == ["exploring main", "exploring sub"]
