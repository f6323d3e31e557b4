"""Yes, no and none of these: said in the walk's language, whether or not an author wrote them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from engine import walk as walks
from engine.load import Examined, examine
from tests.kinds import write

ARABIC = """
format: 1
title: مصباح
languages: {source: ar}
start: plug
nodes:
  plug:
    ask: هل المصباح موصول؟
    choices: {yes: {}, no: {}, red_light: ضوء أحمر}
    pick: many
    none_of_these: {}
    next: bye
  bye: {end: شكراً.}
"""
ENGLISH = """
format: 1
title: A lamp
languages: {source: en, also: [fr]}
start: plug
nodes:
  plug:
    ask: Is it plugged in?
    choices: {yes: {}, no: {}, red_light: {}}
    pick: many
    none_of_these: {}
    next: sure
  sure:
    ask: Sure?
    choices: {yes: {label: "Yes, I am", next: bye}, no: bye}
  bye: {end: Bye.}
"""
FRENCH = {
    "title": ("A lamp", "Une lampe"),
    "nodes.plug.ask": ("Is it plugged in?", "Est-elle branchée ?"),
    "nodes.plug.choices.red_light.label": ("Red light", "Voyant rouge"),
    "nodes.sure.ask": ("Sure?", "Vraiment ?"),
    "nodes.sure.choices.yes.label": ("Yes, I am", "Oui, vraiment"),
    "nodes.bye.end": ("Bye.", "Au revoir."),
}


def side(**more: str) -> str:
    said = {**FRENCH, **{name.replace("__", "."): ("No", words) for name, words in more.items()}}
    texts = {
        address: {"text": words, "of": sha256(source.encode()).hexdigest()[:12]}
        for address, (source, words) in said.items()
    }
    return json.dumps({"format": 1, "translates": "lamp", "language": "fr", "texts": texts})


def labels(found: Examined, language: str) -> list[str]:
    assert not found.errors, [f"{f.mark}: {f.message}" for f in found.errors]
    tree = found.libraries[0].trees["lamp"]
    at = datetime(2026, 11, 25, tzinfo=UTC)
    walk = walks.start(tree, id="w", at=at, by="x", ref="r", audience="agent", language=language)
    prompt = walks.prompt(tree, walk)
    assert prompt is not None
    return [*(choice.label for choice in prompt.choices), prompt.none_of_these]


def test_what_an_author_left_out_is_said_in_the_language_of_the_tree(tmp_path: Path) -> None:
    found = examine(write(tmp_path, {"library.yaml": "format: 1\n", "lamp.yaml": ARABIC}))
    assert labels(found, "ar") == ["نعم", "لا", "ضوء أحمر", "لا شيء مما سبق"]


def test_a_translation_need_not_say_what_every_language_says(tmp_path: Path) -> None:
    files = {"library.yaml": "format: 1\n", "lamp.yaml": ENGLISH, "lamp.fr.yaml": side()}
    found = examine(write(tmp_path, files))
    assert labels(found, "en") == ["Yes", "No", "Red light", "None of these"]
    assert labels(found, "fr") == ["Oui", "Non", "Voyant rouge", "Aucune de ces réponses"]


def test_a_translation_may_say_it_otherwise(tmp_path: Path) -> None:
    files = {
        "library.yaml": "format: 1\n", "lamp.yaml": ENGLISH,
        "lamp.fr.yaml": side(nodes__plug__choices__no__label="Pas encore"),
    }  # fmt: skip
    assert labels(examine(write(tmp_path, files)), "fr")[:2] == ["Oui", "Pas encore"]


def test_words_of_authors_are_still_asked_for(tmp_path: Path) -> None:
    lacking = side().replace("nodes.sure.choices.yes.label", "nodes.sure.choices.yes.lable")
    files = {"library.yaml": "format: 1\n", "lamp.yaml": ENGLISH, "lamp.fr.yaml": lacking}
    told = " ".join(f.message for f in examine(write(tmp_path, files)).errors)
    assert "nodes.sure.choices.yes.label" in told


@pytest.mark.parametrize("language", ["eo", "tlh"])
def test_a_language_that_is_not_known_has_the_words_of_the_ids(
    tmp_path: Path, language: str
) -> None:
    text = ARABIC.replace("source: ar", f"source: {language}")
    found = examine(write(tmp_path, {"library.yaml": "format: 1\n", "lamp.yaml": text}))
    assert labels(found, language)[:2] == ["Yes", "No"]
