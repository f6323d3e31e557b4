"""A small library for customers: what is asked, tried, told, and waited for."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from engine.load import Examined, examine
from engine.parts import texts as texts_of

LIBRARY = """
format: 1
teams: {care: {label: Customer care}}
dispositions: {done: {label: Done}, handed: {label: Handed over}}
actions:
  approve: {by: care, takes: {}, exits: {yes: {}, no: {}}}
"""
LAMP = """
format: 1
title: The lamp is dark
summary: Find out why.
audience: [agent, customer]
languages: {source: en, also: []}
start: plugged
given:
  phone: {type: phone, required: false, private: true, label: Telephone}
anytime:
  hung_up: {label: Hung up, next: gone, only: agent}
nodes:
  plugged: {ask: Is it plugged in?, choices: {yes: bulb, no: plug}}
  plug: {tell: Plug it in., hint: Smile., wait: 20s, next: shining}
  shining: {ask: Does it shine now?, choices: {yes: fixed, no: bulb}}
  bulb: {tell: We are sorry., next: who}
  who:
    ask: Whom may we call?
    fields: {name: {type: text, private: true, label: Name}}
    next: how
  how: {ask: How old is it?, choices: {new: sent, old: fixed}}
  sent: {end: "We send a new one, {who.name}.", disposition: done, survey: nps}
  fixed: {end: It shines., disposition: done, survey: csat}
  gone: {end: Gone., disposition: handed}
"""
TOWEL = """
format: 1
title: A towel is missing
audience: [customer]
start: wet
anytime: {person: {label: Ask the desk, next: desk, only: customer}}
nodes:
  wet: {ask: Was it wet?, choices: {yes: wait, no: wait}}
  wait: {run: approve, exits: {yes: done, no: done}}
  done: {end: Dry., disposition: done, survey: ces}
  desk: {end: The desk calls you., disposition: handed, hand_to: care}
"""
BARE = """
format: 1
title: Bare
audience: [customer]
start: what
nodes:
  what: {ask: What?, choices: {one: more, two: more}}
  more: {ask: "And then?", choices: {one: over, two: over}}
  over: {end: Over., disposition: done}
"""
STAFF_ONLY = """
format: 1
title: Of ours alone
start: what
nodes:
  what: {ask: What?, choices: {one: over}}
  over: {end: Over., disposition: done}
"""


def written(root: Path) -> Examined:
    """The library in a folder, looked at."""
    for name, words in {
        "library": LIBRARY, "lamp": LAMP, "towel": TOWEL, "bare": BARE, "ours": STAFF_ONLY,
    }.items():  # fmt: skip
        (root / f"{name}.yaml").write_text(words.lstrip(), encoding="utf-8")
    arabic = {
        "The lamp is dark": "المصباح مطفأ",
        "Is it plugged in?": "هل هو موصول؟",
    }
    plain = examine(root).libraries[0].trees["lamp"]
    texts = {
        text.address: {
            "text": arabic.get(text.source, text.source),
            "of": sha256(text.source.encode()).hexdigest()[:12],
        }
        for text in texts_of(plain)
    }
    (root / "lamp.yaml").write_text(
        LAMP.lstrip().replace("also: []", "also: [ar]"), encoding="utf-8"
    )
    side = {"format": 1, "translates": "lamp", "language": "ar", "texts": texts}
    (root / "lamp.ar.yaml").write_text(json.dumps(side, ensure_ascii=False), encoding="utf-8")
    found = examine(root)
    assert not found.errors, found.errors
    return found
