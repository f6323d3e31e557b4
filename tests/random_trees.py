"""Random trees over the whole format, mostly sound, and random legal moves on them.

A tree is made of blocks, one after another; ways lead mostly onward, and what is read is mostly
tested for before (``is set``), so that many trees are clean. A *daring* tree reads without
testing and leads back more often: those are for what the checks must find.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from engine.model import Expected, Tree, Walk
from engine.walk import expects

Draw = Callable[[Any], Any]
Node = dict[str, Any]

LIBRARY: Node = {
    "format": 1,
    "timezone": "Europe/London",
    "teams": {"care": {"label": "Care"}},
    "dispositions": {"done": {"label": "Done"}, "lost": {"label": "Lost"}},
    "constants": {"limit": 60, "company": "Brightwave"},
    "texts": {"hours": "From 8 to 6, {constants.company}."},
    "actions": {
        "look": {
            "takes": {"line": {"type": "text", "required": False}, "deep": "yesno"},
            "exits": {
                "none": {},
                "known": {
                    "eta": {"type": "text", "required": False},
                    "price": "money",
                    "sort": {"type": "choice", "of": ["line", "power"]},
                },
                "failed": {},
            },
            "failed": "failed",
            "safe_to_repeat": True,
            "http": {"post": "{crm_url}/look"},
        },
        "slots": {
            "takes": {},
            "exits": {
                "found": {
                    "options": {
                        "list": {
                            "slot": "text",
                            "label": "text",
                            "free": {"type": "yesno", "required": False},
                        },
                        "min": 1,
                    }
                },
                "none": {},
            },
            "failed": "none",
        },
        "approve": {
            "by": "care",
            "takes": {"amount": {"type": "money", "required": False}},
            "exits": {"yes": {}, "no": {"reason": "text"}},
        },
        "price": {
            "takes": {
                "zone": {"type": "choice", "of": ["near", "far"]},
                "kg": {"type": "number", "required": False},
            },
            "exits": {"found": {"price": "money"}, "none": {}},
            "table": {"file": "price.csv", "match": {"zone": "zone", "up_to_kg": ">= kg"}},
        },
    },
}
PRICES = "zone,up_to_kg,price\nnear,5,1.10\nfar,5,2\nnear,,3.50\n"

SUBTREE: Node = {
    "format": 1,
    "title": "A subtree",
    "audience": ["agent", "customer"],
    "languages": {"source": "en", "also": ["fr"]},
    "start": "first",
    "given": {
        "hint": {"type": "text", "required": False},
        "level": {"type": "integer", "required": False, "default": "3"},
        "plan": {"type": "choice", "of": ["fibre", "copper"]},
    },
    "exits": {
        "good": {
            "code": "text",
            "mood": {"type": "choice", "of": ["calm", "angry"], "required": False},
        },
        "bad": {},
    },
    "anytime": {"give_up": {"label": "Give up", "next": "no", "when": "level > 2"}},
    "texts": {
        "said": [{"when": "hint is set", "say": "You said {hint}."}, {"say": "Level {level}."}]
    },
    "nodes": {
        "first": {
            "ask": "Which? {text.said}",
            "choices": {
                "a": {"next": "form", "when": 'plan == "fibre"'},
                "b": {"next": "no"},
                "c": {"next": "mood", "only": "agent"},
            },
        },
        "mood": {"ask": "How?", "choices": {"calm": "form", "angry": "form"}},
        "form": {
            "ask": "Say.",
            "fields": {
                "code": {"type": "text", "private": True},
                "count": {"type": "integer", "required": False, "must": "form.count <= level"},
            },
            "next": "enough",
        },
        "enough": {
            "decide": [{"when": "form.count is set and form.count > 2", "next": "first"}],
            "otherwise": "yes",
        },
        "yes": {"end": "Good.", "exit": "good", "returns": {"code": "form.code", "mood": "mood"}},
        "no": {"end": "Bad.", "exit": "bad"},
    },
}
NESTED: Node = {
    "format": 1,
    "title": "A tree that uses the subtree",
    "audience": ["agent", "customer"],
    "languages": {"source": "en", "also": ["fr"]},
    "start": "ask_first",
    "given": {"vip": {"type": "yesno", "default": "false"}},
    "exits": {"in": {"code": {"type": "text", "required": False}}, "out": {}},
    "anytime": {"calm": {"label": "Calm", "next": "calm_down"}},
    "nodes": {
        "ask_first": {"ask": "Ready?", "choices": {"yes": "inner", "no": "over"}},
        "inner": {
            "use": "sub",
            "with": {"plan": '"copper" if vip else "fibre"', "hint": "inner.code"},
            "exits": {"good": "again", "bad": "again"},
        },
        "again": {
            "decide": [{"when": 'inner == "bad" and visits.inner < 2', "next": "inner"}],
            "otherwise": "done",
        },
        "calm_down": {"use": "calm", "exits": {"calm": "here", "lost": "over"}},
        "done": {"end": "In.", "exit": "in", "returns": {"code": "inner.code"}},
        "over": {"end": "Out.", "exit": "out"},
    },
}
CALM: Node = {
    "format": 1,
    "title": "Calm a caller",
    "audience": ["agent", "customer"],
    "languages": {"source": "en", "also": ["fr"]},
    "start": "calm",
    "exits": {"calm": {"how": {"type": "choice", "of": ["tea", "talk"]}}, "lost": {}},
    "nodes": {
        "calm": {"ask": "How?", "choices": {"tea": "calmed", "talk": "calmed", "no": "gone"}},
        "calmed": {"decide": [{"when": 'calm == "tea"', "next": "tea"}], "otherwise": "talk"},
        "tea": {"end": "Good.", "exit": "calm", "returns": {"how": '"tea"'}},
        "talk": {"end": "Good.", "exit": "calm", "returns": {"how": '"talk"'}},
        "gone": {"end": "A pity.", "exit": "lost"},
    },
}
FOR_GOOD: Node = {
    "format": 1,
    "title": "A tree that does not come back",
    "audience": ["agent", "customer", "system"],
    "languages": {"source": "en", "also": ["fr"]},
    "start": "bye",
    "nodes": {"bye": {"end": "Goodbye.", "disposition": "done"}},
}


@dataclass
class Making:
    """A tree while it is made: what may be read so far, and where ways may lead."""

    draw: Draw
    daring: bool
    system: bool
    nodes: dict[str, Node] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)  # that hold in every state
    bold: list[str] = field(default_factory=list)  # that read what may be empty
    shown: list[str] = field(default_factory=list)  # placeholders that may be empty
    choices: dict[str, list[str]] = field(default_factory=dict)  # of the questions so far
    numbers: list[str] = field(default_factory=list)
    onward: list[str] = field(default_factory=list)
    every: list[str] = field(default_factory=list)

    def one(self, of: Any) -> Any:
        return self.draw(st.sampled_from(list(of)))

    def maybe(self, one_in: int = 2) -> bool:
        return bool(self.draw(st.integers(1, one_in)) == 1)

    def way(self) -> str:
        """A node to lead to: mostly onward."""
        back = self.nodes and self.maybe(4 if self.daring else 12)
        nodes = [id for id in self.nodes if self.daring or not id.endswith("_pick")]
        return str(self.one(nodes if back and nodes else self.onward))

    def condition(self) -> str:
        one = self._plain()
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"not ({one})"
            case 1:
                return f"{one} and {self._plain()}"
            case 2:
                return f"{one} or {self._plain()}"
        return one

    def _plain(self) -> str:
        if self.daring and self.bold and self.maybe(4):
            return self._late(self.bold)
        return self._late(self.conditions)

    def _late(self, of: list[str]) -> str:
        """One of these, mostly of the latest: what was just asked is what is decided by."""
        return str(self.one(of if self.maybe(3) else of[-5:]))

    def words(self, plain: str) -> str:
        if self.maybe():
            return plain
        if self.daring and self.shown and self.maybe(3):
            return f"{plain} {{{self._late(self.shown)}}}"
        return f"{plain} {{{self.one(SHOWN)}}}"


SHOWN = ["plan", "vip", "constants.limit", "text.note", "text.hours", "visits.n0", "today", "old"]
CHOICES = ["a", "b", "yes", "no", "constructor"]


# ------------------------------------------------------------------------------------- blocks


def _ask(m: Making, id: str) -> None:
    ids = m.draw(st.lists(st.sampled_from(CHOICES), min_size=2, max_size=4, unique=True))
    node: Node = {"ask": m.words("Which?")}
    first, *others = ids
    choices: dict[str, Any] = {name: {} for name in ids}
    for name in others:
        if m.maybe(4):
            choices[name]["when"] = m.condition()
        if m.maybe(6):
            choices[name]["only"] = m.one(["agent", "customer"])
        if m.maybe(6):
            choices[name]["hint"] = m.words("Mind this.")
    if m.maybe(3):
        node["next"] = m.way()
    else:
        for name in ids:
            choices[name]["next"] = m.way()
    node["choices"] = choices
    if m.maybe(6) and (known := [k for k, of in m.choices.items() if set(of) <= set(ids)]):
        node["known"] = m.one(known)
    m.nodes[id] = node
    m.choices[id] = ids
    m.conditions += [f'{id} is set and {id} == "{first}"', f'{id} is set and {id} != "{ids[-1]}"']
    m.bold += [f'{id} == "{first}"', f'{id} in ["{first}", "{ids[-1]}"]']
    m.shown.append(id)
    m.every.append(id)


def _many(m: Making, id: str) -> None:
    node: Node = {
        "ask": m.words("Which ones?"),
        "pick": "many",
        "choices": {name: name.title() for name in CHOICES[:3]},
        "next": m.way(),
    }
    if m.maybe():
        node["none_of_these"] = {"label": "None"}
    m.nodes[id] = node
    m.conditions += [f'{id} is set and {id} has "a"', f"{id} is set and count({id}) > 1"]
    m.bold.append(f'{id} has "b"')
    m.shown.append(id)


def _form(m: Making, id: str) -> None:
    fields: Node = {
        "count": {"type": "integer", "required": m.maybe(), "min": 0, "max": 9},
        "sure": {"type": "yesno", "required": m.maybe()},
        "kind": {"type": "choice", "of": ["x", "y"], "required": False},
        "word": {"type": "text", "required": False, "private": m.maybe()},
        "tags": {"type": "choices", "of": ["p", "q"], "required": False},
        "when": {"type": "date", "required": False},
        "due": {"type": "money", "required": m.maybe()},
    }
    kept = m.draw(st.lists(st.sampled_from(list(fields)), min_size=1, max_size=4, unique=True))
    fields = {name: fields[name] for name in kept}
    if m.maybe(3):
        name = m.one(fields)
        empty = m.daring and name in ("count", "word")
        fields[name]["default"] = _KNOWN[name] if empty else _DEFAULTS[name]
    if m.maybe(4) and "count" in fields:
        fields["count"]["must"] = m.one([f"{id}.count < 8", f"{id}.count >= visits.{id}"])
    if m.maybe(4) and "due" in fields and "count" in fields:
        fields["due"]["must"] = f"{id}.due <= {id}.count * 10"
        fields["due"]["message"] = "Not so much."
    if m.maybe(5):
        for name in fields:
            fields[name]["known"] = _KNOWN[name] if m.maybe() else _DEFAULTS[name]
    m.nodes[id] = {"ask": m.words("Fill in."), "fields": fields, "next": m.way()}
    for name in fields:
        m.conditions += [text.replace("ID", id) for text in _GUARDED[name]]
        m.bold += [text.replace("ID", id) for text in _BOLD[name]]
        m.shown.append(f"{id}.{name}")
    if "count" in fields:
        m.numbers.append(f"{id}.count")
        m.conditions.append(f"sum(every.{id}.count) > 5")


_DEFAULTS = {"count": "2", "sure": "vip", "kind": '"x"', "word": "constants.company",
             "tags": "tags_given", "when": "later(today, 1, \"days\")", "due": "5"}  # fmt: skip
_KNOWN = {"count": "age", "sure": "vip", "kind": '"y"', "word": "name", "tags": "tags_given",
          "when": "today", "due": "age * 2"}  # fmt: skip
_GUARDED: dict[str, list[str]] = {
    "count": ["ID.count is set and ID.count > 3", "ID.count is set and ID.count != 4"],
    "sure": ["ID.sure is set and ID.sure"],
    "kind": ['ID.kind is set and ID.kind == "x"', "ID.kind is not set"],
    "word": ["ID.word is set", 'ID.word is set and lower(ID.word) == "word"'],
    "tags": ['ID.tags is set and ID.tags has "p"'],
    "when": ["ID.when is set and ID.when < today", 'ID.when is set and weekday(ID.when) == "mon"'],
    "due": ["ID.due is set and ID.due > constants.limit", "ID.due is set and ID.due <= 30"],
}
_BOLD: dict[str, list[str]] = {
    "count": ["ID.count > 3"],
    "sure": ["ID.sure"],
    "kind": ['ID.kind == "x"'],
    "word": ['ID.word == "word"'],
    "tags": ['ID.tags has "p"'],
    "when": ["ID.when < today"],
    "due": ["ID.due > 30"],
}


def _decide(m: Making, id: str) -> None:
    node: Node
    if m.maybe(3):
        node = {"decide": [{"when": when, "next": m.way()} for when in m.one(_complete(m))]}
    else:
        rules = range(m.draw(st.integers(1, 3)))
        node = {"decide": [{"when": m.condition(), "next": m.way()} for _ in rules]}
        if not (m.daring and m.maybe(3)):
            node["otherwise"] = m.way()
    m.nodes[id] = node


def _complete(m: Making) -> list[list[str]]:
    """Rules that leave no gap."""
    found = [
        ['plan == "fibre"', 'plan == "copper"'],
        ["vip", "not vip"],
        ["age is not set", "age < 18", "age >= 18 and age <= 60", "age > 60"],
        ['audience == "agent"', 'audience != "agent"'],
        ['language == "en"', 'language == "fr"'],
        ["old", "not old"],
        ['weekday(today) in ["sat", "sun"]', 'weekday(today) not in ["sun", "sat"]'],
    ]
    for id, of in m.choices.items():
        found.append([f"{id} is not set", *(f'{id} == "{name}"' for name in of)])
    for name in m.numbers:
        found.append([f"{name} is not set", f"{name} < 3", f"{name} == 3", f"{name} > 3"])
        found.append([f"{name} is not set", f"{name} <= 3", f"{name} >= 4"])
        found.append([f"{name} is not set", f"{name} == 0", f"{name} in [1, 2]", f"{name} > 2.5"])
    return found


def _tell(m: Making, id: str) -> None:
    node: Node = {"tell": m.words("Do it."), "next": m.way()}
    if m.system or m.maybe(4):
        node["wait"] = "30s"
    if m.maybe(6):
        node["anytime"] = False
    if m.maybe(6):
        node["hint"] = m.words("Slowly.")
    if m.maybe(6):
        node["checklist"] = [m.words("Done")]
    if m.maybe(6):
        due = m.one(["today", "now", 'later(today, 2, "workdays")'])
        node["follow_up"] = {"due": due, "why": m.words("We call back."), "by": "care"}
    m.nodes[id] = node


def _look(m: Making, id: str) -> None:
    inputs: Node = {"deep": m.one(["vip", "true", "old"])}
    if m.maybe():
        inputs["line"] = "name"
    m.nodes[id] = {
        "run": "look",
        "with": inputs,
        "exits": {name: m.way() for name in ("none", "known", "failed")},
    }
    m.conditions += [f'{id} is set and {id} == "known"', f"{id}.eta is set",
                     f"{id}.price is set and {id}.price > 30"]  # fmt: skip
    m.conditions.append(f'{id} is set and {id} == "known" and {id}.sort == "line"')
    m.bold += [f'{id} == "known"', f"{id}.price > 30"]
    m.shown += [f"{id}.eta", f"{id}.price"]


def _approve(m: Making, id: str) -> None:
    inputs = {"amount": m.one([*m.numbers, "constants.limit"])} if m.maybe() else {}
    m.nodes[id] = {"run": "approve", "with": inputs, "exits": {"yes": m.way(), "no": m.way()}}
    m.conditions += [f'{id} is set and {id} == "no"', f"{id}.reason is set"]
    m.shown.append(f"{id}.reason")


def _price(m: Making, id: str) -> None:
    inputs = {"zone": m.one(['"near"', '"near" if vip else "far"'])}
    if m.maybe():
        inputs["kg"] = m.one([*m.numbers, "age"])
    m.nodes[id] = {"run": "price", "with": inputs, "exits": {"found": m.way(), "none": m.way()}}
    m.conditions.append(f"{id}.price is set and {id}.price > 2")
    m.shown.append(f"{id}.price")


def _slots(m: Making, id: str) -> None:
    """An action that returns rows, and the question which of them."""
    pick = f"{id}_pick"
    found = pick if not m.daring or m.maybe() else m.way()
    m.nodes[id] = {"run": "slots", "exits": {"found": found, "none": m.way()}}
    node: Node = {
        "ask": m.words("Which slot?"),
        "choices_from": f"{id}.options",
        "next": m.way(),
        "none_of_these": {"label": "None", "next": m.way()},
    }
    if m.maybe(3):
        node["once"] = True
    if m.maybe(4):
        del node["none_of_these"]
    m.nodes[pick] = node
    m.conditions += [f"{pick} is set", f"{pick}.free is set and {pick}.free"]
    m.bold.append(f"{pick}.free")
    m.shown += [f"{pick}.label", f"{pick}.free", pick]


def _sub(m: Making, id: str) -> None:
    inputs = {"plan": "plan"} | (
        {"hint": m.one(["name", "constants.company"])} if m.maybe() else {}
    )
    if m.maybe(3):
        inputs["level"] = m.one(["age", "4", *m.numbers])
    m.nodes[id] = {"use": "sub", "with": inputs, "exits": {"good": m.way(), "bad": m.way()}}
    m.conditions += [f'{id} is set and {id} == "good"', f"{id}.code is set"]
    m.conditions.append(f'{id}.mood is set and {id}.mood == "calm"')
    m.shown += [f"{id}.code", f"{id}.mood"]


def _nested(m: Making, id: str) -> None:
    inputs = {"vip": "vip"} if m.maybe() else {}
    m.nodes[id] = {"use": "nested", "with": inputs, "exits": {"in": m.way(), "out": m.way()}}
    m.conditions += [f'{id} is set and {id} == "in"', f"{id}.code is set"]


def _for_good(m: Making, id: str) -> None:
    m.nodes[id] = {"use": "for_good"}


Block = Callable[[Making, str], None]
_BLOCKS: list[Block] = [_ask, _ask, _many, _form, _form, _decide, _decide, _tell, _look, _approve,
                        _price, _slots, _sub, _nested, _for_good]  # fmt: skip
_STOPS: list[Block] = [_ask, _form, _tell, _many]
_SYSTEM: list[Block] = [_tell, _decide, _decide, _look, _approve, _price]


# --------------------------------------------------------------------------------------- trees


@st.composite
def trees(draw: st.DrawFn, daring: bool | None = None) -> dict[str, Any]:
    """The plain data of a tree of three to nine blocks and two ends."""
    bold = draw(st.integers(0, 3)) == 0 if daring is None else daring
    system = draw(st.integers(0, 9)) == 0
    m = Making(draw, bold, system)
    m.conditions += ['plan == "copper"', "old", 'audience == "agent"', "age is set and age < 18",
                     "vip", 'channel == "chat"', 'language == "fr"', "hour_of(now) < 12",
                     'weekday(today) == "mon"', "name is set", "fact"]  # fmt: skip
    m.bold += ["age > 60", 'name == "Ana"']
    count = draw(st.integers(3, 9))
    ids = [f"n{n}" for n in range(count)]
    for n, id in enumerate(ids):
        m.onward = [*ids[n + 1 : n + 3], *ids[n + 1 : n + 2], *ids[n + 1 :], "good", "bad"][:6]
        m.conditions.append(f"visits.{id} < 2")
        first = n == 0 and m.maybe() and not system
        m.one(_SYSTEM if system else _STOPS if first else _BLOCKS)(m, id)
        if draw(st.integers(0, 3)) == 0:
            m.nodes[id]["limit"] = {"visits": m.one([1, 2, 3]), "then": m.one(m.onward)}
    m.conditions += [f"count(every.{id}) > 1" for id in m.every]
    if m.maybe(3) and m.every:
        _late(m)
    return _tree(m, ids[0])


def _late(m: Making) -> None:
    """A decision at the end that looks back on everything."""
    rules = [{"when": m.condition(), "next": m.one(["good", "bad"])} for _ in range(2)]
    m.nodes["late"] = {"decide": rules, "otherwise": m.one(["good", *m.nodes])}
    first = next(iter(m.nodes.values()))
    if "next" in first:
        first["next"] = "late" if m.maybe(4) else first["next"]


def _tree(m: Making, start: str) -> dict[str, Any]:
    m.nodes["good"] = {"end": m.words("Good."), "disposition": "done"}
    m.nodes["bad"] = {"end": "Bad.", "disposition": "lost"}
    audience = [["agent"], ["agent", "customer"], ["customer", "agent"]]
    tree: dict[str, Any] = {
        "format": 1,
        "title": "A tree",
        "audience": ["system"] if m.system else m.one(audience),
        "languages": {"source": "en", "also": ["fr"]},
        "start": start,
        "given": {
            "plan": {"type": "choice", "of": ["fibre", "copper"]},
            "age": {"type": "integer", "required": False},
            "vip": {"type": "yesno", "required": m.maybe(), "default": 'plan == "fibre"'},
            "name": {"type": "text", "required": False, "private": True},
            "tags_given": {"type": "choices", "of": ["p", "q"]},
        },
        "facts": {"old": "age is set and age > 60", "fact": _fact(m)},
        "texts": {"note": _note(m)},
        "nodes": m.nodes,
    }
    if m.maybe(4):
        tree["channels"] = ["phone", "chat"]
    if not m.system and m.maybe():
        tree["anytime"] = _anytime(m)
    return tree


def _fact(m: Making) -> str:
    return str(m.one([c for c in m.conditions if c != "fact"]))


def _note(m: Making) -> Any:
    names = [name for name in m.shown if "." not in name or m.daring]
    variants: list[Node] = [{"when": "name is set", "say": "It is {name}."}]
    for name in names[-1:]:
        variants.append({"when": f"{name} is set", "say": f"It was {{{name}}}."})
    if m.maybe(3):
        variants.append({"when": m.condition(), "say": "Well."})
    if m.maybe():
        variants.append({"say": "Nobody."})
    return variants


def _anytime(m: Making) -> Node:
    found: Node = {"leave": {"label": "Leave", "next": m.one([*m.nodes])}}
    if m.maybe():
        found["calm"] = {"label": m.words("Calm"), "next": "detour"}
        m.nodes["detour"] = {"use": "calm", "exits": {"calm": "here", "lost": m.way()}}
        if m.maybe(3):
            found["calm"]["next"] = "to_detour"
            m.nodes["to_detour"] = {
                "decide": [{"when": "detour.how is set and vip", "next": "good"}],
                "otherwise": "detour",
            }
    if m.maybe(3):
        found["rare"] = {"label": "Rare", "next": m.way(), "when": m.condition()}
    if m.maybe(3):
        found["mine"] = {"label": "Mine", "next": "bad", "only": m.one(["agent", "customer"])}
    return found


def write(folder: Path, tree: dict[str, Any]) -> Path:
    """A library of this tree and its subtrees, as files. (JSON is YAML, well quoted.)"""
    for name, data in {**_SHARED, "tree": tree}.items():
        text = json.dumps(data, ensure_ascii=False, indent=1)
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "price.csv").write_text(PRICES, encoding="utf-8")
    return folder


_SHARED = {"library": LIBRARY, "sub": SUBTREE, "nested": NESTED, "calm": CALM,
           "for_good": FOR_GOOD}  # fmt: skip


# --------------------------------------------------------------------------------------- moves


def given(draw: Draw) -> dict[str, Any]:
    """What a walk starts with."""
    found: dict[str, Any] = {
        "plan": draw(st.sampled_from(["fibre", "copper"])),
        "tags_given": draw(st.sampled_from([["p"], ["p", "q"]])),
    }
    if draw(st.booleans()):
        found["age"] = str(draw(st.sampled_from([0, 9, 17, 18, 40, 60, 61, 99])))
    if draw(st.booleans()):
        found["vip"] = draw(st.booleans())
    if draw(st.booleans()):
        found["name"] = draw(st.sampled_from(["Ana", "word"]))
    return found


def legal(draw: Draw, tree: Tree, walk: Walk, aside: int = 9) -> Any:
    """A legal answer, or result, to what the walk expects. ``aside``: how rarely it leaves by an
    exit that every step offers."""
    expected: Expected = expects(tree, walk)
    if expected.anytime and draw(st.integers(0, aside)) == 0:
        return {"anytime": draw(st.sampled_from(expected.anytime))}
    if expected.exits:
        exit = draw(st.sampled_from(sorted(expected.exits)))
        return {"exit": exit} | _filled(draw, expected.exits[exit])
    if expected.fields:
        return _filled(draw, expected.fields)
    if expected.none_of_these and (not expected.choices or draw(st.integers(0, 4)) == 0):
        return [] if expected.pick == "many" else "none_of_these"
    if expected.pick == "many":
        some = st.lists(st.sampled_from(expected.choices), min_size=1, unique=True)
        return draw(some)
    return draw(st.sampled_from(expected.choices)) if expected.choices else None


def _filled(draw: Draw, fields: Any) -> dict[str, Any]:
    return {f.name: _value(draw, f) for f in fields if f.required or draw(st.booleans())}


_VALUES: Mapping[str, list[Any]] = {
    "integer": [0, 1, 2, 3, 4, 5, 7, 9],
    "money": ["0", "5", "30", "30.01", "60", "61"],
    "yesno": [True, False, "yes", "no"],
    "date": ["2026-03-01", "2026-03-02", "2027-01-01"],
    "text": ["a", "word", "WORD"],
}


def _value(draw: Draw, field: Any) -> Any:
    if field.type == "list":
        ids = draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True))
        return [{"slot": id, "label": id} | draw(st.sampled_from(_ROWS)) for id in ids]
    if field.type == "choice":
        return draw(st.sampled_from([choice.id for choice in field.choices]))
    if field.type == "choices":
        ids = [choice.id for choice in field.choices]
        return draw(st.lists(st.sampled_from(ids), min_size=1, unique=True))
    return draw(st.sampled_from(_VALUES[field.type]))


_ROWS: list[dict[str, Any]] = [{}, {"free": True}, {"free": False}]
