"""What changed in the text of a tree: what people read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.diff.change import Change, Data, both, generic, gone, made, spelled


def text_changes(old: Data, new: Data, renames: Mapping[str, str]) -> Iterator[Change]:
    if old == new:
        return
    found = [*_moved_words(old, renames), *_all_words(_readdressed(old, renames), new)]
    yield from found or generic("text", "tree", "", old, new)


def _moved_words(old: Data, renames: Mapping[str, str]) -> Iterator[Change]:
    for before, now in renames.items():
        if any(address.startswith(f"nodes.{before}.") for address in old["words"]):
            says = f"the words of {before} are now those of {now}"
            yield Change(
                kind="text", what="node", says=says, node=now, name="renamed", old=before, new=now
            )


def _readdressed(old: Data, renames: Mapping[str, str]) -> Data:
    def address(name: str) -> str:
        head, _, rest = name.partition(".")
        id, dot, end = rest.partition(".")
        return f"nodes.{renames.get(id, id)}{dot}{end}" if head == "nodes" else name

    def again(part: str, value: Any) -> Any:
        if part == "words":
            return {address(name): words for name, words in value.items()}
        if part == "images":
            return {renames.get(id, id): file for id, file in value.items()}
        if part == "translations":
            return {language: again("words", words) for language, words in value.items()}
        return value

    return {part: again(part, value) for part, value in old.items()}


def _all_words(old: Data, new: Data) -> Iterator[Change]:
    for part in both(old, new):
        if part == "translations":
            before, after = old.get(part) or {}, new.get(part) or {}
            for language in sorted(before.keys() | after.keys()):
                yield from _words(before.get(language) or {}, after.get(language) or {}, language)
                if (language in before) != (language in after):
                    yield from _language(language, language in after)
        elif part == "words":
            yield from _words(old.get(part) or {}, new.get(part) or {}, "")
        else:
            before, after = old.get(part) or {}, new.get(part) or {}
            for name in sorted(before.keys() | after.keys()):
                yield from _word_part(part, name, before.get(name), after.get(name))


def _language(language: str, there: bool) -> Iterator[Change]:
    make = made if there else gone
    change = make("translation", f"language {language}", "", language, language)
    yield Change(
        kind="text",
        what="translation",
        says=change.says,
        name=language,
        old=change.old,
        new=change.new,
    )


def _words(old: Data, new: Data, language: str) -> Iterator[Change]:
    what = "translation" if language else "words"
    for address in both(old, new):
        was, now = old.get(address), new.get(address)
        if was == now:
            continue
        place = f"{address} ({language})" if language else address
        says = f"{place}: {_told(was, now)}"
        head, _, rest = address.partition(".")
        node = rest.partition(".")[0] if head == "nodes" else ""
        yield Change(kind="text", what=what, says=says, node=node, name=address, old=was, new=now)


def _told(was: Any, now: Any) -> str:
    if was is None:
        return f"new: {now!r}"
    return f"gone: {was!r}" if now is None else f"now {now!r} (was {was!r})"


def _word_part(part: str, name: str, was: Any, now: Any) -> Iterator[Change]:
    if was == now:
        return
    if part == "uses":
        says = f"the subtree {name} changed in its words"
        yield Change(kind="text", what="use", says=says, name=name, old=was, new=now)
    elif part == "images":
        says = f"{name}: the picture is now {spelled(now)} (was {spelled(was)})"
        yield Change(kind="text", what="image", says=says, node=name, old=was, new=now)
    elif part == "variants":
        yield from generic("text", "text", "", _whens(was), _whens(now), name)
    else:
        yield from generic("text", part, "", was, now, name)


def _whens(variants: Any) -> Any:
    """The conditions of a named text's variants, in words."""
    return None if variants is None else [when or "otherwise" for when in variants]
