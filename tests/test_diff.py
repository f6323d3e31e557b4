"""The comparison of two trees agrees with their hashes, whatever is changed, and says it in words."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.building.build import build
from engine.diff import Diff, diff
from engine.formats.yaml import read
from engine.library import Library, read_library
from engine.model import Tree
from engine.schema import validate

TREES = Path(__file__).parents[1] / "trees"
LIBRARY: Library = read_library(TREES)


def rebuilt(id: str, data: Any) -> Tree | None:
    """The tree that the data describes, if it has the shape of one."""
    document = read(json.dumps(data, ensure_ascii=False).encode(), id)
    if any(f.severity == "error" for f in validate(document, "tree")):
        return None
    return build(document, id, LIBRARY.shared, LIBRARY.trees)[0]


def agrees(found: Diff) -> None:
    """Exactly where a hash is another, a change of that kind is listed."""
    kinds = {change.kind for change in found.changes}
    assert ("logic" in kinds) == (found.old.logic != found.new.logic), found.changes
    assert ("text" in kinds) == (found.old.text != found.new.text), found.changes
    for change in found.changes:
        assert change.says
        assert "\n" not in change.says
    assert len({(c.kind, c.says) for c in found.changes}) == len(found.changes), "said twice"


# -------------------------------------------------------------------------------- what is said

BEFORE: dict[str, Any] = {
    "format": 1,
    "title": "A tree",
    "start": "light",
    "owner": "care",
    "given": {"plan": {"type": "choice", "of": ["fibre", "copper"]}},
    "facts": {"old": 'plan == "copper"'},
    "texts": {"hello": [{"when": "old", "say": "Hello."}, {"say": "Hi."}]},
    "anytime": {"leave": {"label": "Leave", "next": "gone"}},
    "nodes": {
        "light": {"ask": "Is it on?", "choices": {"yes": "route", "no": {"label": "No", "next": "plug"}}},
        "plug": {"tell": "Plug it in.", "next": "light", "wait": "10s", "limit": {"visits": 2, "then": "gone"}},
        "route": {
            "decide": [{"when": "old", "next": "form"}, {"when": "visits.plug > 0", "next": "done"}],
            "otherwise": "form",
        },
        "form": {
            "ask": "How many?",
            "fields": {"count": {"type": "integer", "max": 9}, "why": {"type": "text", "required": False}},
            "next": "done",
        },
        "done": {"end": "Done.", "disposition": "handed_over", "expect": "10s"},
        "gone": {"end": "Gone.", "disposition": "abandoned"},
    },
}  # fmt: skip
GONE = object()


def changed(*edits: tuple[str, Any]) -> Tree:
    data: Any = copy.deepcopy(BEFORE)
    for path, value in edits:
        *way, last = path.split("/")
        place = data
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        key = int(last) if isinstance(place, list) else last
        if value is GONE:
            del place[key]
        else:
            place[key] = value
    tree = rebuilt("tree", data)
    assert tree is not None
    return tree


OLD = changed()
SAID: dict[str, tuple[list[tuple[str, Any]], list[str]]] = {
    "a way": (
        [("nodes/light/choices/yes", "form")],
        ["light=yes now leads to form (was route)"],
    ),
    "a choice more": (
        [("nodes/light/choices/maybe", "form")],
        ["new choice light=maybe, leading to form", "nodes.light.choices.maybe.label: new: 'Maybe'"],
    ),
    "a choice less": (
        [("nodes/light/choices/no", GONE)],
        ["choice light=no is gone", "nodes.light.choices.no.label: gone: 'No'"],
    ),
    "choices in another order": (
        [("nodes/light/choices", {"no": {"label": "No", "next": "plug"}, "yes": "route"})],
        ["the choices of light now come in this order: no, yes"],
    ),
    "a choice offered to some, that leads elsewhere": (
        [("nodes/light/choices/no", {"label": "No", "next": "gone", "only": "agent"})],
        ["light: choice no only is now agent (there was none)", "light=no now leads to gone (was plug)"],
    ),
    "a rule's way": (
        [("nodes/route/decide/0/next", "done")],
        ["route: when old now leads to done (was form)"],
    ),
    "a rule's condition": (
        [("nodes/route/decide/1/when", "visits.plug > 1")],
        ["route: when visits.plug > 1 now leads to done (was: when visits.plug > 0 to done)"],
    ),
    "rules in another order": (
        [("nodes/route/decide", BEFORE["nodes"]["route"]["decide"][::-1])],
        ["the rules of route now come in this order: when visits.plug > 0, when old, otherwise"],
    ),
    "a rule less": (
        [("nodes/route/decide/1", GONE)],
        ["route: the rule when visits.plug > 0 to done is gone"],
    ),
    "no limit": (
        [("nodes/plug/limit", GONE)],
        ["plug: the limit is now none (was 2 visits, then gone)"],
    ),
    "a countdown": ([("nodes/plug/wait", "1m")], ["plug: wait is now 60 (was 10)"]),
    "another verb": (
        [("nodes/plug", {"end": "Plug it in.", "disposition": "abandoned"})],
        [
            "plug is now an end (was a tell)",
            "the way plug=next to light is gone",
            "plug: the limit is now none (was 2 visits, then gone)",
            "plug: wait is gone (was 10)",
            "plug: disposition is now abandoned (there was none)",
            "nodes.plug.tell: gone: 'Plug it in.'",
            "nodes.plug.end: new: 'Plug it in.'",
        ],
    ),
    "a field": (
        [("nodes/form/fields/count/max", 5), ("nodes/form/fields/why", GONE)],
        [
            "form: field count max is now 5 (was 9)",
            "field form.why is gone",
            "nodes.form.fields.why.label: gone: 'Why'",
        ],
    ),
    "where it starts": ([("start", "plug")], ["it now starts at plug (was light)"]),
    "a fact": (
        [("facts/old", 'plan != "fibre"')],
        ['fact old is now plan != "fibre" (was plan == "copper")'],
    ),
    "an anytime exit": (
        [("anytime/leave/next", "done")],
        ["anytime leave to is now done (was gone)"],
    ),
    "a disposition": (
        [("nodes/done/disposition", "abandoned")],
        ["done: disposition is now abandoned (was handed_over)"],
    ),
    "a node more": (
        [("nodes/new", {"tell": "New.", "next": "done"})],
        ["new node new, a tell", "nodes.new.tell: new: 'New.'"],
    ),
    "a choice of a node's name": (
        [("nodes/light/choices/plug", "form"), ("renamed", {"gone": "over"}), ("nodes/gone", GONE),
         ("nodes/over", BEFORE["nodes"]["gone"]), ("nodes/plug/limit/then", "over"), ("anytime/leave/next", "over")],
        [
            "node gone is now called over",
            "new choice light=plug, leading to form",
            "the words of gone are now those of over",
            "nodes.light.choices.plug.label: new: 'Plug'",
        ],
    ),
    "words alone": (
        [("nodes/light/ask", "Is the lamp on?")],
        ["nodes.light.ask: now 'Is the lamp on?' (was 'Is it on?')"],
    ),
    "when words are said": (
        [("texts/hello/0/when", "not old")],
        ["text hello is now not old, otherwise (was old, otherwise)"],
    ),
    "what is neither": (
        [("owner", "sales"), ("nodes/done/expect", GONE), ("tags", ["a"])],
        ["owner is now sales (was care)", "tags is now a (there was none)", "done: expect is gone (was 10)"],
    ),
    "a note, and nothing else": ([("nodes/done/note", "Ours.")], []),
}  # fmt: skip


@pytest.mark.parametrize(("edits", "said"), SAID.values(), ids=SAID)
def test_what_is_said(edits: list[tuple[str, Any]], said: list[str]) -> None:
    found = diff(OLD, changed(*edits))
    assert [change.says for change in found.changes] == said
    agrees(found)


def test_a_node_by_another_name() -> None:
    text = json.dumps(BEFORE).replace('"plug"', '"socket"').replace("visits.plug", "visits.socket")
    data = {**json.loads(text), "renamed": {"plug": "socket"}}
    new = rebuilt("tree", data)
    assert new is not None
    found = diff(OLD, new)
    assert [change.says for change in found.changes] == [
        "node plug is now called socket",
        "the words of plug are now those of socket",
    ]
    agrees(found)
    assert [change.says for change in diff(new, OLD).changes] == [
        "node socket is now called plug",
        "the words of socket are now those of plug",
    ]


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ([("start", "plug")], "open walks stay"),
        ([("title", "Another")], "read the new words at once"),
        ([("owner", "sales")], "open walks go on"),
        ([], "open walks go on"),
    ],
)
def test_what_becomes_of_open_walks(edits: list[tuple[str, Any]], says: str) -> None:
    assert says in diff(OLD, changed(*edits)).open_walks


# ------------------------------------------------------------------------ the library around it

FOLDER = {
    "library.yaml": """\
format: 1
timezone: Europe/London
holidays: ["2026-12-25", "2026-12-28"]
constants: {most: 50, unread: 1}
dispositions: {done: {label: Done}}
texts: {hours: Open from 8 to 6.}
actions:
  pay:
    takes: {order: text, how: text}
    exits: {paid: {reference: text}, failed: {}}
    failed: failed
  price:
    takes: {kg: number}
    exits: {found: {price: money}, none: {}}
    table: {file: prices.csv, match: {up_to_kg: ">= kg"}}
""",
    "prices.csv": "up_to_kg,price\n2,3.50\n10,6.90\n",
    "shop.yaml": """\
format: 1
title: A shop
start: order
nodes:
  order: {ask: Which one., fields: {id: {type: text}, sum: {type: money}}, next: much}
  much: {decide: [{when: order.sum > constants.most, next: again}], otherwise: pay}
  pay: {run: pay, with: {order: order.id, how: order.id}, exits: {paid: more, failed: again}}
  again: {run: pay, with: {order: order.id, how: order.id}, exits: {paid: more, failed: done}}
  more: {use: parcel, exits: {sent: done}}
  done: {end: "Thank you. {text.hours}", disposition: done}
""",
    "parcel.yaml": """\
format: 1
title: A parcel
exits: {sent: {price: money}}
start: heavy
nodes:
  heavy: {ask: How heavy., fields: {kg: {type: number}}, next: price}
  price: {run: price, with: {kg: heavy.kg}, exits: {found: sent, none: heavy}}
  sent: {end: Sent., exit: sent, returns: {price: price.price}}
""",
}
AROUND: dict[str, tuple[str, str, str, list[str]]] = {
    "a constant": ("library.yaml", "most: 50", "most: 60", ["constant most is now 60 (was 50)"]),
    "a constant that is not read": ("library.yaml", "unread: 1", "unread: 2", []),
    "a holiday": (
        "library.yaml", ', "2026-12-28"', "",
        ["the subtree parcel changed in its logic", "holiday 2026-12-28 is gone"],
    ),
    "the time zone": (
        "library.yaml", "Europe/London", "Europe/Paris",
        ["the subtree parcel changed in its logic", "timezone is now Europe/Paris (was Europe/London)"],
    ),
    "what an action takes": (
        "library.yaml", "order: text, how: text", "order: long_text, how: text, why: {type: text, required: false}",
        [
            "pay: field pay.order type is now long_text (was text)",
            "new field pay.why (text)",
            "again: field pay.order type is now long_text (was text)",
            "library:actions.pay.takes.why.label: new: 'Why'",
        ],
    ),
    "what an action gives": (
        "library.yaml", "{reference: text}", "{number: text}, later: {}",
        [
            "field pay=paid.reference is gone",
            "new field pay=paid.number (text)",
            "new exit later of pay",
            "library:actions.pay.exits.paid.reference.label: gone: 'Reference'",
            "library:actions.pay.exits.paid.number.label: new: 'Number'",
            "library:actions.pay.exits.later.label: new: 'Later'",
        ],
    ),
    "shared words": (
        "library.yaml", "8 to 6.", "8 to 8.",
        [
            "library:texts.hours: now 'Open from 8 to 8.' (was 'Open from 8 to 6.')",
            "the subtree parcel changed in its words",
        ],
    ),
    "a table": ("prices.csv", "3.50", "4.00", ["the subtree parcel changed in its logic"]),
    "what a subtree gives": (
        "parcel.yaml", "exits: {sent: {price: money}}", "exits: {sent: {price: money}, lost: {}}",
        ["the subtree parcel changed in its logic"],
    ),
}  # fmt: skip


def folder(path: Path, **edits: tuple[str, str]) -> Library:
    path.mkdir()
    for name, text in FOLDER.items():
        old, new = edits.get(name, ("", ""))
        assert old in text
        (path / name).write_text(text.replace(old, new) if old else text, "utf-8")
    return read_library(path)


@pytest.mark.parametrize(("file", "old", "new", "said"), AROUND.values(), ids=AROUND)
def test_what_changes_around_a_tree(
    file: str, old: str, new: str, said: list[str], tmp_path: Path
) -> None:
    before, after = folder(tmp_path / "old"), folder(tmp_path / "new", **{file: (old, new)})
    assert not before.findings
    for name, tree in before.trees.items():
        agrees(diff(tree, after.trees[name]))
    assert [
        change.says for change in diff(before.trees["shop"], after.trees["shop"]).changes
    ] == said


def test_what_changes_in_a_subtree(tmp_path: Path) -> None:
    before = folder(tmp_path / "old").trees["parcel"]
    table = folder(tmp_path / "table", **{"prices.csv": ("3.50", "4.00")}).trees["parcel"]
    assert [c.says for c in diff(before, table).changes] == ["price: the table of price changed"]
    exits = ("{sent: {price: money}}", "{sent: {cost: money}, lost: {}}")
    gives = folder(tmp_path / "exits", **{"parcel.yaml": exits}).trees["parcel"]
    assert [c.says for c in diff(before, gives).changes if c.kind == "logic"] == [
        "field exit=sent.price is gone",
        "new field exit=sent.cost (money)",
        "new exit lost",
    ]
    alone = folder(tmp_path / "alone", **{"parcel.yaml": ("exits: {sent: {price: money}}\n", "")})
    found = diff(before, alone.trees["parcel"])
    assert "it can no longer be used as a subtree" in [change.says for change in found.changes]
    agrees(found)


# ---------------------------------------------------------------------------------- every change


@pytest.mark.parametrize("id", LIBRARY.trees)
def test_nothing_between_a_tree_and_itself(id: str) -> None:
    tree = LIBRARY.trees[id]
    assert diff(tree, tree).changes == ()
    again = rebuilt(id, copy.deepcopy(LIBRARY.documents[id].data))
    plain = rebuilt(id, LIBRARY.documents[id].data)
    assert again is not None
    assert plain is not None
    assert diff(plain, again).changes == ()


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    inner = (
        data.items()
        if isinstance(data, dict)
        else enumerate(data)
        if isinstance(data, list)
        else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


MOST_MUTANTS = 400  # of each tree; many have no tree's shape, and are passed over


def mutants(data: Any, chance: random.Random) -> Iterator[tuple[str, Any]]:
    """The data with one thing changed: at places and in ways that chance picks among all of them."""
    ids = list(data["nodes"])
    every = [(path, how) for path in places(data) for how in ("drop", "other", "turn", "double")]
    for path, how in chance.sample(every, min(MOST_MUTANTS, len(every))):
        changed: Any = copy.deepcopy(data)
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        if _mutate(holder, path[-1], how, ids, chance):
            yield f"{how} {'/'.join(map(str, path))}", changed


def _mutate(holder: Any, key: Any, how: str, ids: list[str], chance: random.Random) -> bool:
    value = holder[key]
    if how == "drop":
        del holder[key]
    elif how == "turn" and isinstance(value, dict | list) and len(value) > 1:
        turned = list(value.items())[::-1] if isinstance(value, dict) else value[::-1]
        holder[key] = dict(turned) if isinstance(value, dict) else turned
    elif how == "other" and isinstance(value, str):
        holder[key] = (
            chance.choice([i for i in ids if i != value]) if value in ids else value + " x"
        )
    elif how == "other" and isinstance(value, bool):
        holder[key] = not value
    elif how == "other" and isinstance(value, int):
        holder[key] = value + 1
    elif how == "double" and isinstance(holder, dict) and isinstance(key, str):
        holder[f"{key}_too"] = copy.deepcopy(value)
    elif how == "double" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))
    else:
        return False
    return True


# Each mutant is built and compared twice: every third tree, and all of them by `make soak`.
SOME = sorted(LIBRARY.trees)[:: 1 if os.environ.get("FINGERPOST_SOAK") else 3]


@pytest.mark.slow
@pytest.mark.parametrize("id", SOME)
def test_every_single_change_agrees_with_the_hashes(id: str) -> None:
    data = LIBRARY.documents[id].data
    old = rebuilt(id, data)
    assert old is not None
    kinds: set[str] = set()
    count = 0
    for how, mutant in mutants(data, random.Random(id)):
        new = rebuilt(id, mutant)
        if new is None:
            continue
        count += 1
        found = diff(old, new)
        try:
            agrees(found)
            agrees(diff(new, old))
        except AssertionError as wrong:
            raise AssertionError(f"{how}: {wrong}") from None
        kinds |= {change.kind for change in found.changes}
    assert count > 20
    assert {"logic", "text"} <= kinds
