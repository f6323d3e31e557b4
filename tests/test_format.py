"""The format, rule by rule: what each key takes, and what it refuses, with the finding's place.

A row is a snippet that stands in a sound tree, and what is said of it: nothing, or one finding.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.load import examine
from engine.model import Finding

SHARED = Path(__file__).parent / "broken"
GIVEN = """\
given:
  plan: {type: choice, of: [fibre, copper], required: false}
  age: {type: integer, required: false}
  phone: {type: phone, required: false, private: true}
"""
HEAD = "format: 1\ntitle: A tree\nstart: a\n"
END = "  z: {end: Bye., disposition: done}\n"
ALLOW = "allow: [{check: untold, why: No stories here.}]\n"


class Row(NamedTuple):
    """``says`` is "CHECK: a part of the message", or "" where all is well; ``place`` is where the
    finding stands: its line is that of the snippet's, its column that of this text in it."""

    what: str
    text: str
    says: str = ""
    place: str = ""


def node(what: str, keys: str, says: str = "", place: str = "") -> Row:
    """A row about the keys of a first node; it leads to `z`, the end."""
    return Row(what, "nodes:\n  a: {" + keys + "}\n", says, place)


def tell(what: str, keys: str, says: str = "", place: str = "") -> Row:
    return node(what, "tell: Hello., " + keys + ", next: z", says, place)


def ask(what: str, keys: str, says: str = "", place: str = "") -> Row:
    return node(what, 'ask: "Well?", ' + keys, says, place)


def field(what: str, field: str, says: str = "", place: str = "") -> Row:
    """A row about a field of a form that holds an integer `n` too."""
    return ask(what, f"fields: {{n: integer, x: {field}}}, next: z", says, place)


def top(what: str, keys: str, says: str = "", place: str = "") -> Row:
    return Row(what, keys + "nodes:\n  a: {tell: Hello., next: z}\n", says, place)


FIELDS = [
    *(field(type, f"{{type: {type}}}") for type in ("text", "long_text", "integer", "number", "money", "phone", "email", "date", "month", "time", "yesno")),
    *(field(f"{type} in short", type) for type in ("text", "integer", "date", "yesno")),
    field("choice", "{type: choice, of: [p, q]}"),
    field("choice with labels", "{type: choice, of: {p: Pea, q: 1.10}}"),
    field("choice of words of old", "{type: choice, of: [yes, no, off, on, constructor]}"),
    field("choices with bounds", "{type: choices, of: [p, q], min: 1, max: 2}"),
    field("choice without choices", "{type: choice}", "shape: 'choice' needs its choices", "x: {type"),
    field("choice in short", "choice", "shape: 'choice' needs its choices: {type: choice, of: [..]}", "choice}"),
    field("choice of none", "{type: choice, of: []}", "shape: 'of' is empty", "[]"),
    field("choice of one twice", "{type: choice, of: [p, p]}", "shape: 'p' stands here twice", "p]"),
    field("choice of what is no id", "{type: choice, of: [Big Pea]}", "shape: 'Big Pea' is no id", "Big"),
    field("choice of a number", "{type: choice, of: [1]}", "shape: wants an id; here stands the number 1", "1]"),
    field("choices of a text", "{type: text, of: [p]}", "shape: 'of' has no meaning in a field of type 'text'", "of:"),
    field("no such type", "{type: txt}", "shape: 'type' is 'txt'. Did you mean 'text'?", "txt"),
    field("no such type in short", "txt", "shape: 'x' is 'txt'. Did you mean 'text'?", "txt"),
    field("a list", "{list: {id: text}}", "shape: 'x' is a list, and only actions", "{list"),
    field("a list in short", "list", "shape: 'x' is a list", "list}"),
    field("bounds of an integer", "{type: integer, min: -2, max: 80}"),
    field("bounds of money", "{type: money, min: 0.10, max: 99.90}"),
    field("bounds of a date", "{type: date, min: 2026-01-01, max: 2026-12-31}"),
    field("bounds of a month", "{type: month, min: 2026-01}"),
    field("bounds of a time", "{type: time, min: 9:00, max: 17:30}"),
    field("length of a text", "{type: text, min: 2, max: 20}"),
    field("bounds the wrong way", "{type: date, min: 2026-02-01, max: 2026-01-01}", "shape: 'max' is 2026-01-01, less than 'min'", "2026-01-01"),
    field("bound of words", "{type: integer, min: many}", "shape: 'min': write a number", "many"),
    field("bound of half", "{type: integer, min: 1.5}", "shape: 'min': write a whole number", "1.5"),
    field("bound of no day", "{type: date, min: 2026-02-30}", "shape: 'min': there is no day 2026-02-30", "2026-02-30"),
    field("bound of no time", "{type: time, max: 25:00}", "shape: 'max': write a time", "25:00"),
    field("length below nothing", "{type: text, min: -1}", "shape: 'min': a whole number of characters", "-1"),
    field("bound of a phone", "{type: phone, min: 3}", "shape: 'min' has no meaning in a field of type 'phone'", "min:"),
    field("bound of a yesno", "{type: yesno, max: 3}", "shape: 'max' has no meaning in a field of type 'yesno'", "max:"),
    *(field(f"pattern of {type}", f'{{type: {type}, pattern: "[A-Z].*", message: "Begin large."}}') for type in ("text", "long_text", "phone", "email")),
    field("pattern of a number", '{type: integer, pattern: "1+"}', "shape: 'pattern' has no meaning in a field of type 'integer'", "pattern:"),
    field("pattern not closed", '{type: text, pattern: "(a"}', "shape: a ( is not closed", '"(a"'),
    field("message of nothing", '{type: text, message: "Hm."}', "shape: 'message' is what `pattern` or `must` says", "message:"),
    field("default", "{type: integer, default: 3}"),
    field("default of a given value", "{type: integer, default: age if age is set else 0}"),
    field("default of another type", "{type: integer, default: '\"x\"'}", "expression: column 1: 'x' is a text", '"x"'),
    field("default that may be empty", "{type: integer, default: age, required: false}", "empty-value: age is read while it is empty", "a:"),
    field("default of a required field", "{type: integer, default: age}"),
    field("must", '{type: integer, must: a.x > a.n, message: "More."}'),
    field("must that is no condition", "{type: integer, must: a.x + 1}", "expression: a number is no condition", "a.x + 1"),
    field("must of what is not there", "{type: integer, must: a.y > 1}", "expression: nothing is called 'a.y'", "a.y"),
    field("known", "{type: integer, known: age}"),
    field("required", "{type: integer, required: false}"),
    field("required in words", "{type: integer, required: no}", "shape: 'required' wants true or false; here stands 'no'", "no}"),
    field("private", "{type: text, private: true, label: Name, help: As in the passport}"),
    field("no such key", "{type: text, lable: Name}", "shape: there is no key 'lable' here. Did you mean 'label'?", "lable"),
    ask("fields with words of the language", "fields: {end: text, if: text, yes: text, constructor: text}, next: z"),
    ask("field that is no id", "fields: {Big: text}, next: z", "shape: 'Big' is no id", "Big"),
    ask("no field", "fields: {}, next: z", "shape: 'fields' is empty", "{}"),
]  # fmt: skip
ASKS = [
    ask("ways of their own", "choices: {yes: z, no: {label: No, next: z}}"),
    ask("words of old as choices", "choices: {yes: z, no: z, off: z, on: z, constructor: z, null: z, true: z}"),
    ask("one way for all", "choices: {p: Pea, q: {label: Queue, hint: The long one}, r: {}}, next: z"),
    ask("a label as it is written", "choices: {p: 1.10, q: true}, next: z"),
    ask("both", "choices: {p: {next: z}, q: Queue}, next: z", "shape: 'a' has one `next` for all, so 'p' has no way of its own", "next: z}"),
    ask("no way", "choices: {p: {label: Pea}, q: z}", "shape: 'p' leads nowhere", "p: {label"),
    ask("a label for a way", "choices: {p: Solid green, q: z}", "missing-node: there is no node 'Solid green'", "Solid"),
    ask("a list of choices", "choices: [p, q], next: z", "shape: 'choices' wants choices by their ids: {ID: NODE}, or {ID: {label, next}}; here stands a list", "[p"),
    ask("no choice", "choices: {}, next: z", "shape: 'choices' is empty", "{}"),
    ask("a choice that is no id", "choices: {Big Pea: z, q: z}", "shape: 'Big Pea' is no id", "Big"),
    ask("a choice offered then", "choices: {p: {next: z, when: plan is set}, q: z}"),
    ask("a choice offered by no condition", "choices: {p: {next: z, when: visits.a}, q: z}", "expression: a number is no condition", "visits"),
    ask("a choice for the agent", "choices: {p: {next: z, only: agent}, q: z}"),
    ask("a choice for nobody", "choices: {p: {next: z, only: system}, q: z}", "shape: 'only' is 'system'; it may be agent or customer", "system"),
    ask("a choice with a picture", "choices: {p: {next: z, image: {file: media/router.png, alt: A router}}, q: z}"),
    ask("pick many", "choices: {p: Pea, q: Queue}, pick: many, next: z"),
    ask("pick many, or none", "choices: {p: Pea, q: Queue}, pick: many, none_of_these: {label: None}, next: z"),
    ask("pick many, or none in short", "choices: {p: Pea, q: Queue}, pick: many, none_of_these: true, next: z"),
    ask("pick many without one way", "choices: {p: z, q: z}, pick: many", "shape: with `pick: many` the node has one `next` for all", "pick"),
    ask("none with a way of its own", "choices: {p: Pea}, pick: many, none_of_these: {label: N, next: z}, next: z", "shape: it has no `next`", "next: z}"),
    ask("none where one is picked", "choices: {p: z}, none_of_these: true", "shape: here write a choice", "none_of"),
    ask("pick all", "choices: {p: z}, pick: all", "shape: 'pick' is 'all'; it may be one or many", "all"),
    ask("pick in a form", "fields: {p: text}, pick: many, next: z", "shape: 'pick' goes with `choices`", "pick"),
    ask("once with choices", "choices: {p: z}, once: true", "shape: 'once' goes with `choices_from`", "once"),
    ask("none in a form", "fields: {p: text}, none_of_these: true, next: z", "shape: 'none_of_these' goes with", "none_of"),
    ask("known", "choices: {fibre: z, copper: z}, known: plan"),
    ask("known of other choices", "choices: {p: z, q: z}, known: plan", "expression: this is one of fibre, copper", "plan"),
    ask("known at a form", "fields: {p: text}, known: age, next: z", "shape: on a form it is written at the fields", "known"),
    ask("a form that leads nowhere", "fields: {p: text}", "shape: 'next' is missing", "a:"),
    ask("two kinds", "choices: {p: z}, fields: {p: text}, next: z", "shape: it has choices and fields", "a:"),
    ask("no kind", "next: z", "shape: it has none of them", "a:"),
    Row("rows", "nodes:\n  a: {run: slots, exits: {found: b, none_free: z}}\n  b: {ask: Which one, choices_from: a.options, next: z, none_of_these: {label: None, next: z}, once: true}\n"),
    Row("rows without a way", "nodes:\n  a: {run: slots, exits: {found: b, none_free: z}}\n  b: {ask: Which one, choices_from: a.options, none_of_these: {label: None, next: z}}\n", "shape: 'next' is missing", "b: {ask"),
    Row("rows or none without a way", "nodes:\n  a: {run: slots, exits: {found: b, none_free: z}}\n  b: {ask: Which one, choices_from: a.options, next: z, none_of_these: {label: None}}\n", "shape: 'none_of_these' has a way of its own", "none_of"),
    Row("rows of no list", "nodes:\n  a: {run: approve, with: {amount: 1}, exits: {approved: z, refused: b}}\n  b: {ask: Which one, choices_from: a.reason, next: z, none_of_these: {label: N, next: z}}\n", "expression: 'choices_from' wants a list of rows", "a.reason"),
]  # fmt: skip
NODES = [
    tell("hint, help, note, tags", "hint: For you, help: For them, note: Mine, tags: [x, 1.10], verbatim: true"),
    tell("expect", "expect: 20s"),
    tell("expect of words", "expect: 20 seconds", "shape: 'expect' wants a time like 120s; here stands '20 seconds'", "20"),
    *(tell(f"wait {time}", f"wait: {time}") for time in ("120s", "2m", "1h", "90")),
    tell("wait below nothing", "wait: -1", "shape: 'wait' is at least 0", "-1"),
    tell("wait of half", "wait: 1.5", "shape: 'wait' wants a time", "1.5"),
    tell("checklist", "checklist: [One, 1.10]"),
    tell("checklist of one", "checklist: One", "shape: 'checklist' wants a list; here stands 'One'", "One"),
    tell("checklist of none", "checklist: []", "shape: 'checklist' is empty", "[]"),
    tell("image", "image: {file: media/router.png, alt: A router}"),
    tell("image in short", "image: media/router.png", "wording: the picture has no alternative text", "image"),
    tell("image of no file", "image: {alt: A router}", "shape: 'file' is missing in 'image'", "image"),
    tell("link", 'link: {to: "https://example.org/?a={visits.a}", label: Our page}'),
    tell("link in short", 'link: "tel:+442079460000"'),
    tell("link to http", 'link: "http://example.org"', "shape: a link leads to https:", '"http'),
    tell("link with a personal value", 'link: "https://example.org/{phone}"', "expression: {phone} is a personal value", '"https'),
    tell("limit", "limit: {visits: 3, then: z}", "never-taken: this limit is never met", "limit"),
    tell("limit of none", "limit: {visits: 0, then: z}", "shape: 'visits' is at least 1", "0"),
    tell("limit that leads nowhere", "limit: {visits: 3}", "shape: 'then' is missing in 'limit'", "limit"),
    tell("limit of a number", "limit: 3", "shape: 'limit' wants a mapping; here stands the number 3", "3"),
    ask("a choice that is called like a limit's exit", "choices: {limit: a, no: z}, limit: {visits: 2, then: z}", "shape: 'limit' is the exit that this node's `limit` takes", "limit: a"),
    tell("only the agent", "only: agent"),
    tell("only the system", "only: system", "shape: 'only' is 'system'; it may be agent or customer", "system"),
    tell("no exits at any time", "anytime: false"),
    tell("exits at any time", "anytime: {x: z}", "shape: 'anytime' wants true or false; here stands a mapping", "{x"),
    tell("a promise", "follow_up: {due: 'later(today, 2, \"workdays\")', why: Call back, by: care}"),
    tell("promises", "follow_up: [{due: today, why: Call back}, {due: now, why: Again, by: field}]"),
    tell("a promise for never", "follow_up: {why: Call back}", "shape: 'due' is missing in 'follow_up'", "follow_up"),
    tell("a promise for a number", "follow_up: {due: 3, why: Call back}", "expression: 'due' is a date or a moment; this is a number", "3"),
    tell("a promise of nobody", "follow_up: {due: today, why: Call back, by: cafe}", "missing-team: there is no team 'cafe'. Did you mean 'care'?", "cafe"),
    node("a promise by rules", "decide: [{when: age is set, next: z}], otherwise: z, follow_up: {due: today, why: x}", "shape: 'follow_up' is a promise to a person", "follow_up"),
    node("a text that is empty", 'tell: "", next: z', "shape: 'tell' is empty", '""'),
    node("a text of a number", "tell: 1.10, next: z"),
    node("a list for a text", "tell: [x], next: z", "shape: 'tell' wants words; here stands a list", "[x]"),
    node("rules", "decide: [{when: age is set and age > 3, next: z, note: Mine}], otherwise: z"),
    node("no rule", "decide: [], otherwise: z", "shape: 'decide' is empty", "[]"),
    node("a rule without a condition", "decide: [{next: z}], otherwise: z", "shape: 'when' is missing in 'decide'", "{next"),
    node("otherwise among the rules", "decide: [{when: age is set, next: z}, {otherwise: z}]", "shape: it stands one level further out", "otherwise"),
    node("an end that leads on", "end: Bye., next: z", "shape: it goes with ask or tell, not with end", "next"),
    node("an action without its exits", "run: look", "shape: 'exits' is missing in 'a'", "a:"),
    node("an action that leads on", "run: look, next: z", "shape: it goes with ask or tell, not with run", "next"),
    Row("hand over to teams", "nodes:\n  a: {tell: Hello., next: b}\n  b: {ask: Well, choices: {yes: z, no: y}}\n  y: {end: Bye., hand_to: [care, field], survey: nps, kpi: fcr}\n"),
    Row("hand over to one team twice", "nodes:\n  a: {ask: Well, choices: {yes: z, no: y}}\n  y: {end: Bye., hand_to: []}\n", "shape: 'hand_to' is empty", "[]"),
    Row("no such survey", "nodes:\n  a: {ask: Well, choices: {yes: z, no: y}}\n  y: {end: Bye., survey: cast}\n", "shape: 'survey' is 'cast'; it may be csat, nps or ces. Did you mean 'csat'?", "cast"),
]  # fmt: skip
TREES = [
    top("all that describes it", "summary: About it\nowner: me\ntags: [x, y]\naudience: [agent, customer]\nchannels: [phone, chat]\nlanguages: {source: en}\n"),
    top("one audience", "audience: agent\n", "shape: 'audience' wants a list; here stands 'agent'", "agent"),
    top("no such audience", "audience: [agents]\n", "shape: 'audience' is 'agents'; it may be agent, customer or system. Did you mean 'agent'?", "agents"),
    top("no such channel", "channels: [fax]\n", "shape: 'channels' is 'fax'", "fax"),
    top("no such language", "languages: {source: english}\n", "shape: 'source' wants a language like en", "english"),
    top("Norwegian", "languages: {source: no}\n"),
    top("its own translation", "languages: {source: en, also: [en]}\n", "shape: 'en' is the language of this file", "en]"),
    top("one tag", "tags: x\n", "shape: 'tags' wants a list of words; here stands 'x'", "x"),
    top("facts", "facts: {old: age is set and age > 60, n: 3, b: true}\n"),
    top("a fact of itself", "facts: {a1: a1 + 1}\n", "expression: 'a1' is worked out from itself", "a1:"),
    top("a fact that is a list", "facts: {f: [1]}\n", "shape: 'f' wants an expression; here stands a list", "[1]"),
    top("texts", "texts: {x: Words, y: [{when: age is set, say: Old}, {say: Young}], w: 1.10}\n"),
    top("a text that hides others", "texts: {x: [{say: Young}, {when: age is set, say: Old}]}\n", "shape: this variant of 'x' has no `when`", "{say: Young"),
    top("a text of nothing", "texts: {x: []}\n", "shape: 'x' is empty", "[]"),
    top("a text without words", "texts: {x: [{when: age is set}]}\n", "shape: 'say' is missing in 'x'", "{when"),
    top("texts five deep", "texts: {e1: '{text.e2}', e2: '{text.e3}', e3: '{text.e4}', e4: '{text.e5}', e5: x}\n"),
    top("texts six deep", "texts: {e1: '{text.e2}', e2: '{text.e3}', e3: '{text.e4}', e4: '{text.e5}', e5: '{text.e6}', e6: x}\n", "expression: these texts stand 6 deep, and 5 is the most", "e1:"),
    top("texts in a circle", "texts: {e1: '{text.e2}', e2: '{text.e1}'}\n", "expression: in a circle: e1 > e2 > e1", "e1:"),
    top("an exit at any time", "anytime: {x: z, y: {label: Why, next: z, only: agent, when: age is set}}\n"),
    top("an exit that leads nowhere", "anytime: {x: {label: Why}}\n", "shape: 'next' is missing in 'x'", "x:"),
    top("an exit to where it came from", "anytime: {x: {next: here}}\n", "missing-node: 'here'", "here"),
    top("exits that are a list", "anytime: [x]\n", "shape: 'anytime' wants a mapping; here stands a list", "[x]"),
    top("renamed", "renamed: {old: a, older: a}\n"),
    top("renamed to nothing", "renamed: {old: q}\n", "missing-node: there is no node 'q'", "q"),
    top("renamed and still there", "renamed: {a: z}\n", "missing-node: 'a' is still a node", "a:"),
    top("renamed from no id", "renamed: {Old: a}\n", "shape: 'Old' is no id", "Old"),
    top("no such key", "ownr: me\n", "shape: there is no key 'ownr' here. Did you mean 'owner'?", "ownr"),
    *(top(f"a fact called {word}", f"facts: {{{word}: 1 > 2}}\n", f"shape: '{word}' is a word of the language", f"{word}: 1") for word in ("visits", "every", "facts", "constants", "text", "here", "end", "min", "today", "has")),
    Row("a subtree", "exits: {good: {n: integer, l: {type: text, required: false}}}\nnodes:\n  a: {ask: Well, fields: {n: integer}, next: b}\n  b: {decide: [{when: a.n > 3, next: y}], otherwise: z}\n  y: {end: Yes., exit: good, returns: {n: a.n + 1}}\n"),
    Row("a subtree with an exit that no end takes", "exits: {good: {}, bad: {}}\nnodes:\n  a: {ask: Well, choices: {yes: y, no: z}}\n  y: {end: Yes., exit: good}\n", "contract: no end takes the exit 'bad'", "bad: {}"),
    Row("a subtree that says nothing of an exit", "exits:\n  good:\nnodes:\n  a: {tell: Hello., next: b}\n  b: {ask: Well, choices: {yes: y, no: z}}\n  y: {end: Yes., exit: good}\n"),
    Row("exits of a subtree that are a list", "exits: [good]\nnodes:\n  a: {tell: Hello., next: z}\n", "shape: 'exits' wants a mapping; here stands a list", "[good]"),
    Row("what a subtree returns is no form", "exits: {good: {n: {type: integer, default: 3}}}\nnodes:\n  a: {ask: Well, choices: {yes: y, no: z}}\n  y: {end: Yes., exit: good, returns: {n: 1}}\n", "shape: 'default' has no meaning here: it goes with the fields of a form", "default"),
]  # fmt: skip


def action(what: str, keys: str, says: str = "", place: str = "") -> Row:
    return Row(what, "actions: {x: {" + keys + "}}\n", says, place)


LIBRARIES = [
    Row("constants", "constants: {company: Bright, most: 50.10, open: true, day: 2026-02-30}\n"),
    Row("a constant of nothing", "constants: {company: ~}\n", "shape: 'company' wants a word; here stands nothing", "~"),
    Row("a constant that is a list", "constants: {days: [1]}\n", "shape: 'days' wants a word; here stands a list", "[1]"),
    Row("a constant that is no id", "constants: {Company: x}\n", "shape: 'Company' is no id", "Company"),
    Row("workdays", "workdays: [sun, mon, tue, wed, thu]\n"),
    Row("a workday in full", "workdays: [monday]\n", "shape: 'workdays' is 'monday'; it may be mon, tue, wed, thu, fri, sat or sun", "monday"),
    Row("no workday", "workdays: []\n", "shape: 'workdays' is empty", "[]"),
    Row("a workday twice", "workdays: [mon, mon]\n", "shape: 'mon' stands here twice", "mon]"),
    Row("holidays", "holidays: [2026-12-25, 2026-12-26]\n"),
    Row("a holiday that there is not", "holidays: [2026-02-30]\n", "shape: '2026-02-30' is no day", "2026"),
    Row("a holiday written otherwise", "holidays: [25.12.2026]\n", "shape: '25.12.2026' is no day; write it like 2026-12-25", "25.12"),
    Row("time zone", "timezone: Europe/Berlin\n"),
    Row("no such time zone", "timezone: Europe/Berln\n", "shape: there is no time zone 'Europe/Berln'", "Europe"),
    Row("currency", "currency: EUR\n"),
    Row("currency in words", "currency: euro\n", "shape: 'currency' wants three capitals like EUR", "euro"),
    Row("language", "language: de\n"),
    Row("teams, kpis", "teams: {care: {label: Care}, field: Field service}\nkpis: {fcr: {label: First contact}}\n"),
    Row("teams that are a list", "teams: [care]\n", "shape: 'teams' wants a mapping; here stands a list", "[care]"),
    Row("no such key", "team: {}\n", "shape: there is no key 'team' here. Did you mean 'teams'?", "team"),
    Row("texts", "texts: {hours: 8 to 6, more: 'From {text.hours}.'}\n"),
    Row("texts in a circle", "texts: {hours: '{text.more}', more: '{text.hours}'}\n", "expression: in a circle", "hours"),
    action("an action by hand", "label: Do it, takes: {line: text, note: {type: text, required: false}}, exits: {done: {}, lost: {why: text}}, labels: {done: It is done}, safe_to_repeat: true, note: Mine"),
    action("an action by http", "exits: {ok: {eta: text}, failed: {}}, failed: failed, http: {post: '{crm_url}/x', timeout: 5s, exit: status, outputs: {eta: eta}}"),
    action("an action that gives rows", "exits: {found: {options: {list: {slot: text, label: text, starts: date}, min: 1}}, none: {}}"),
    action("an action that is never done", "takes: {line: text}", "shape: 'exits' is missing in 'x'", "x: {"),
    action("an action of no exit", "exits: {}", "shape: 'exits' is empty", "{}"),
    action("exits that are a list", "exits: [a]", "shape: 'exits' wants a mapping; here stands a list", "[a]"),
    action("failed by no exit", "exits: {good: {}}, failed: bad", "shape: 'x' has no exit 'bad'", "bad"),
    action("a label of no exit", "exits: {good: {}}, labels: {godo: Good}", "shape: 'x' has no exit 'godo'. Did you mean 'good'?", "godo"),
    action("http without failed", "exits: {good: {}}, http: {get: '{u}/x'}", "shape: 'failed' is missing", "x: {"),
    action("http by two ways", "exits: {a: {}}, failed: a, http: {get: '{u}/x', post: '{u}/x'}", "shape: here are get and post", "http"),
    action("http of words", "exits: {a: {}}, failed: a, http: 'https://x'", "shape: 'http' wants a mapping; here stands 'https://x'", "'https"),
    action("http that waits a while", "exits: {a: {}}, failed: a, http: {get: '{u}/x', timeout: a while}", "shape: 'timeout' wants a time like 120s", "a while"),
    action("by nobody", "exits: {a: {}}, by: nobody", "missing-team: there is no team 'nobody'", "nobody"),
    action("a type that there is not", "takes: {line: txt}, exits: {a: {}}", "shape: 'line' is 'txt'. Did you mean 'text'?", "txt"),
    action("a rule for what it takes", "takes: {n: {type: integer, must: n > 1}}, exits: {a: {}}", "shape: 'must' has no meaning here", "must"),
    action("rows without columns", "exits: {a: {rows: list}}", "shape: a list needs its columns", "list}"),
    action("rows in rows", "exits: {a: {rows: {list: {id: text, more: {list: text}}}}}", "shape: 'more' is a list in a list", "{list: text}"),
    action("rows at least of words", "exits: {a: {rows: {list: {id: text}, min: some}}}", "shape: 'min' is the least number of rows", "some"),
    action("a table", "takes: {zone: text, kg: number}, exits: {found: {price: money}, none: {}}, table: {file: lists/price.csv, match: {zone: zone, up_to_kg: '>= kg'}}"),
    action("a table by other exits", "takes: {zone: text}, exits: {ok: {price: money}, none: {}}, table: {file: lists/price.csv, match: {zone: zone}}", "shape: `found` and `none`", "exits"),
    action("a table that matches nothing", "takes: {zone: text}, exits: {found: {price: money}, none: {}}, table: {file: lists/price.csv, match: {}}", "shape: 'match' is empty", "{}}}"),
    action("a table that is not there", "takes: {zone: text}, exits: {found: {price: money}, none: {}}, table: {file: lists/prices.csv, match: {zone: zone}}", "missing-media: there is no file 'lists/prices.csv'. Did you mean 'price.csv'?", "lists"),
    action("two ways", "exits: {found: {price: money}, none: {}}, failed: none, http: {get: '{u}/x'}, table: {file: lists/price.csv, match: {zone: zone}}", "shape: 'x' is done in one way; here are http and table", "table"),
]  # fmt: skip
ROWS = [*FIELDS, *ASKS, *NODES, *TREES]


def whole(row: Row) -> str:
    """The snippet in a tree. What it says of itself goes before the rest."""
    return HEAD + GIVEN + row.text + END + ALLOW


def meets(row: Row, text: str, findings: tuple[Finding, ...]) -> None:
    told = "\n".join(f"{f.check} {f.mark.line}:{f.mark.column} {f.message}" for f in findings)
    if not row.says:
        assert not findings, told
        return
    assert len(findings) == 1, told
    check, _, says = row.says.partition(": ")
    assert findings[0].check == check, told
    assert says in findings[0].message
    at = text.index(row.place, text.index(row.text))
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    assert (findings[0].mark.line, findings[0].mark.column) == (line, column), told


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SHARED / "lists", tmp_path / "lists")
    shutil.copytree(SHARED / "media", tmp_path / "media")
    return tmp_path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_the_format_says(row: Row, root: Path) -> None:
    shutil.copy(SHARED / "library.yaml", root)
    (root / "tree.yaml").write_text(whole(row), "utf-8")
    meets(row, whole(row), examine(root).findings)


@pytest.mark.parametrize("row", LIBRARIES, ids=lambda row: row.what)
def test_what_the_format_says_of_a_library(row: Row, root: Path) -> None:
    text = "format: 1\ndispositions: {done: {label: Done}}\n" + row.text
    (root / "library.yaml").write_text(text, "utf-8")
    (root / "tree.yaml").write_text(HEAD + "nodes:\n  a: {tell: Hello., next: z}\n" + END + ALLOW)
    meets(row, text, examine(root).findings)
