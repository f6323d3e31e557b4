"""What changed in fields and contracts: what is asked for, passed on and given back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.diff.change import Change, Data, both, generic, gone, made


def fields(id: str, old: list[Data], new: list[Data], place: str = "") -> Iterator[Change]:
    """What changed in the fields of a form, a contract or ``given``; ``place`` says where else
    than in the node they stand."""
    before, after = ({field["name"]: field for field in side} for side in (old, new))
    where = place or (f"{id}." if id else "")
    for name in both(before, after):
        was, now = before.get(name), after.get(name)
        if now is None:
            yield gone("field", f"field {where}{name}", id, name, was)
        elif was is None:
            yield made("field", f"field {where}{name} ({now['type']})", id, name, now)
        else:
            called = f"{where}{name}" if place else name
            for key in sorted(was.keys() | now.keys()):
                yield from generic("logic", "field", id, was.get(key), now.get(key), called, key)
    yield from order("field", id, [*before], [*after], f"fields {place}".strip(" ="))


def contract_exits(id: str, old: Data, new: Data, of: str = "") -> Iterator[Change]:
    """What changed in the exits of a contract, and in what they give."""
    whose = f" of {of}" if of else ""
    for name in both(old, new):
        was, now = old.get(name), new.get(name)
        if now is None:
            yield gone("contract", f"exit {name}{whose}", id, name, was)
        elif was is None:
            yield made("contract", f"exit {name}{whose}", id, name, now)
        else:
            yield from fields(id, was, now, place=f"{of or 'exit'}={name}.")


def action(id: str, old: Data, new: Data) -> Iterator[Change]:
    """What changed in the action that a node runs: which it is, or what its contract says."""
    if not old or not new or old["id"] != new["id"]:
        yield from generic("logic", "run", id, old.get("id"), new.get("id"))
        return
    name = str(new["id"])
    yield from fields(id, old.get("takes") or [], new.get("takes") or [], place=f"{name}.")
    yield from contract_exits(id, old.get("exits") or {}, new.get("exits") or {}, of=name)
    for key in sorted((old.keys() | new.keys()) - {"id", "takes", "exits", "table"}):
        yield from generic("logic", "action", id, old.get(key), new.get(key), name, key)
    if old.get("table") != new.get("table"):
        says = f"{id}: the table of {name} changed"
        yield Change(
            kind="logic", what="table", says=says, node=id, name=name,
            old=old.get("table"), new=new.get("table"),
        )  # fmt: skip


def order(
    what: str, id: str, old: Sequence[str], new: Sequence[str], many: str
) -> Iterator[Change]:
    common = [name for name in old if name in new]
    now = [name for name in new if name in old]
    if common != now:
        place = f" of {id}" if id else ""
        says = f"the {many}{place} now come in this order: {', '.join(new)}"
        yield Change(
            kind="logic", what=what, says=says, node=id, name="order", old=list(old), new=list(new)
        )
