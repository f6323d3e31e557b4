"""A library for what helps an agent: a tree with several questions in a row, personal values, two
languages, and ends with codes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from engine.load import Examined, examine
from tests.kinds import write

FILES: Mapping[str, str] = {
    "library.yaml": """
format: 1
dispositions:
  mended: {label: Mended on the phone}
  visit: {label: A technician comes}
teams:
  field: {label: Field service}
""",
    "shop/lamp.yaml": """
format: 1
title: A lamp is dark
owner: Lamps & lights
languages: {source: en, also: [de]}
given:
  kind_seen:
    {type: choice, of: {desk: A desk lamp, floor: A floor lamp}, label: Kind of lamp, required: false}
  caller: {type: text, label: Caller, private: true}
start: kind
nodes:
  kind:
    ask: Which lamp is it?
    known: kind_seen
    choices: {desk: 'A desk lamp', floor: 'A floor lamp'}
    next: plugged
  plugged:
    ask: Is it plugged in?
    choices: {yes: bulb, no: plug_in}
  plug_in:
    tell: Please plug it in, {caller}.
    next: bulb
  bulb:
    ask: Which bulb is in it?
    fields:
      watt: {type: integer, label: Watt, min: 1, max: 100}
      maker: {type: text, label: Maker, required: false}
    next: glows
  glows:
    ask: Does a {bulb.watt} watt bulb glow elsewhere?
    choices: {yes: visit, no: mended}
  mended: {end: 'Take a new bulb.', disposition: mended}
  visit:
    end: A technician comes.
    disposition: visit
    hand_to: field
    follow_up: {due: 'later(today, 2, "days")', why: Ring up the technician, by: field}
""",
}
GERMAN: Mapping[str, tuple[str, str]] = {
    "title": ("A lamp is dark", "Eine Lampe ist dunkel"),
    "given.kind_seen.label": ("Kind of lamp", "Art der Lampe"),
    "given.kind_seen.of.desk": ("A desk lamp", "Eine Tischlampe"),
    "given.kind_seen.of.floor": ("A floor lamp", "Eine Stehlampe"),
    "given.caller.label": ("Caller", "Anrufer"),
    "nodes.kind.ask": ("Which lamp is it?", "Welche Lampe ist es?"),
    "nodes.kind.choices.desk": ("A desk lamp", "Eine Tischlampe"),
    "nodes.kind.choices.floor": ("A floor lamp", "Eine Stehlampe"),
    "nodes.plugged.ask": ("Is it plugged in?", "Steckt der Stecker?"),
    "nodes.plugged.choices.yes.label": ("Yes", "Ja"),
    "nodes.plugged.choices.no.label": ("No", "Nein"),
    "nodes.plug_in.tell": ("Please plug it in, {caller}.", "Bitte einstecken, {caller}."),
    "nodes.bulb.ask": ("Which bulb is in it?", "Welche Birne ist darin?"),
    "nodes.bulb.fields.watt.label": ("Watt", "Watt"),
    "nodes.bulb.fields.maker.label": ("Maker", "Hersteller"),
    "nodes.glows.ask": (
        "Does a {bulb.watt} watt bulb glow elsewhere?", "Leuchtet eine Birne mit {bulb.watt} Watt woanders?",
    ),
    "nodes.glows.choices.yes.label": ("Yes", "Ja"),
    "nodes.glows.choices.no.label": ("No", "Nein"),
    "nodes.mended.end": ("Take a new bulb.", "Nehmen Sie eine neue Birne."),
    "nodes.visit.end": ("A technician comes.", "Ein Techniker kommt."),
    "nodes.visit.follow_up.why": ("Ring up the technician", "Den Techniker anrufen"),
}  # fmt: skip


def _german() -> str:
    """The side file, with the digest of what each text translates."""
    texts = {
        address: {"text": words, "of": sha256(source.encode()).hexdigest()[:12]}
        for address, (source, words) in GERMAN.items()
    }
    return json.dumps({"format": 1, "translates": "lamp", "language": "de", "texts": texts})


@cache
def assisted() -> Examined:
    found = examine(write(Path(mkdtemp()), {**FILES, "shop/lamp.de.yaml": _german()}))
    assert not found.errors, "\n".join(f"{f.mark}: {f.message}" for f in found.errors)
    return found
