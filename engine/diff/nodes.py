"""What changed in nodes: their ways, choices, rules, fields, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.diff.change import Change, Data, both, generic, gone, made, turned
from engine.diff.values import action, fields, order


def nodes(old: Data, new: Data) -> Iterator[Change]:
    for id in both(old, new):
        if id not in new:
            yield gone("node", f"node {id}", id, "", old[id])
        elif id not in old:
            yield made("node", f"node {id}, {_verb(new[id])}", id, "", new[id])
        elif old[id] != new[id]:
            yield from _node(id, old[id], new[id])


def _verb(node: Data) -> str:
    verb = str(node["verb"]).lower()
    return f"{'an' if verb[0] in 'aei' else 'a'} {verb}"


def _node(id: str, old: Data, new: Data) -> Iterator[Change]:
    if old["verb"] != new["verb"]:
        says = f"{id} is now {_verb(new)} (was {_verb(old)})"
        yield Change(
            kind="logic", what="verb", says=says, node=id, old=old["verb"], new=new["verb"]
        )
    yield from _node_ways(id, old, new)
    for key in both(old, new):
        if key in ("id", "verb", *_WAYS) or old.get(key) == new.get(key):
            continue
        if key in ("fields", "columns"):
            yield from fields(id, old.get(key) or [], new.get(key) or [])
        elif key == "limit":
            yield _limit(id, old.get(key), new.get(key))
        elif key == "action":
            yield from action(id, old.get(key) or {}, new.get(key) or {})
        elif key in ("inputs", "returns"):
            yield from _named(key.removesuffix("s"), id, old.get(key) or {}, new.get(key) or {})
        else:
            yield from generic("logic", key, id, old.get(key), new.get(key))


def _named(what: str, id: str, old: Data, new: Data) -> Iterator[Change]:
    for name in both(old, new):
        yield from generic("logic", what, id, old.get(name), new.get(name), name)


# A node's ways stand in its exits and, once more, in what they hang on: told once.
_WAYS: Final = ("exits", "choices", "rules", "next", "none")


def _node_ways(id: str, old: Data, new: Data) -> Iterator[Change]:
    found: list[Change] = []
    if "rules" in old or "rules" in new:
        found += _rules(id, old.get("rules") or [], new.get("rules") or [])
    else:
        before, after = old.get("choices") or [], new.get("choices") or []
        told = {choice["id"] for choice in before} ^ {choice["id"] for choice in after}
        found += _choices(id, before, after)
        found += _exits(id, old.get("exits") or [], new.get("exits") or [], told)
    differ = any(old.get(key) != new.get(key) for key in _WAYS)
    if differ and not found:
        found += (
            change
            for key in _WAYS
            for change in generic("logic", key, id, old.get(key), new.get(key))
        )
    yield from found


def _exits(id: str, old: list[Data], new: list[Data], told: set[str]) -> Iterator[Change]:
    before = {exit["name"]: exit["to"] for exit in old if exit["name"] not in told}
    after = {exit["name"]: exit["to"] for exit in new if exit["name"] not in told}
    for name in both(before, after):
        was, to = before.get(name), after.get(name)
        way = f"{id}={name}"
        if to is None:
            yield gone("exit", f"the way {way} to {was}", id, name, was)
        elif was is None:
            yield made("exit", f"way {way} to {to}", id, name, to)
        elif was != to:
            yield turned("exit", way, "leads to", id, name, was, to)


def _choices(id: str, old: list[Data], new: list[Data]) -> Iterator[Change]:
    before, after = ({choice["id"]: choice for choice in side} for side in (old, new))
    for name in both(before, after):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield gone("choice", f"choice {id}={name}", id, name, was)
        elif was is None:
            yield made("choice", f"choice {id}={name}, leading to {now['to']}", id, name, now)
        else:
            for key in sorted((was.keys() | now.keys()) - {"to"}):
                yield from generic("logic", "choice", id, was.get(key), now.get(key), name, key)
    yield from order("choice", id, [*before], [*after], "choices")


def _rules(id: str, old: list[Data], new: list[Data]) -> Iterator[Change]:
    """Rules have no names: one is known by its condition, and one in the place of another that is
    gone is that one, changed."""
    before, after = ({_condition(rule): rule for rule in side} for side in (old, new))
    lost = [when for when in before if when not in after]
    added = [when for when in after if when not in before]
    for when, now in after.items():
        was = before.get(when)
        if was is not None and was["to"] != now["to"]:
            yield turned("rule", f"{id}: {when}", "leads to", id, when, was["to"], now["to"])
    for was_when, when in zip(lost, added, strict=False):
        yield _rule(id, before[was_when], after[when])
    for when in lost[len(added) :]:
        to = before[when]["to"]
        yield gone("rule", f"{id}: the rule {when} to {to}", id, when, before[when])
    for when in added[len(lost) :]:
        to = after[when]["to"]
        yield made("rule", f"rule in {id}: {when} leads to {to}", id, when, after[when])
    yield from order("rule", id, [*before], [*after], "rules")


def _rule(id: str, was: Data, now: Data) -> Change:
    when, to = _condition(now), now["to"]
    says = f"{id}: {when} now leads to {to} (was: {_condition(was)} to {was['to']})"
    return Change(kind="logic", what="rule", says=says, node=id, name=when, old=was, new=now)


def _condition(rule: Data) -> str:
    return f"when {rule['when']}" if rule.get("when") else "otherwise"


def _limit(id: str, old: Data | None, new: Data | None) -> Change:
    def spelled(limit: Data | None) -> str:
        return f"{limit['visits']} visits, then {limit['then']}" if limit else "none"

    says = f"{id}: the limit is now {spelled(new)} (was {spelled(old)})"
    return Change(kind="logic", what="limit", says=says, node=id, old=old, new=new)
