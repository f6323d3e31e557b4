"""The schemas: what editors read, what the gate decides, and what is said in our words, agree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InvalidTree
from engine.files.document import Document
from engine.files.shape import told
from engine.formats.yaml import read
from engine.reference import reference
from engine.schema import KINDS, files, schema, validate
from tests.mutants import data_like

ROOT = Path(__file__).parent.parent
SCHEMAS: dict[str, dict[str, Any]] = {kind: schema(kind) for kind in KINDS}
GATES = {kind: jsonschema_rs.Draft202012Validator(made) for kind, made in SCHEMAS.items()}
REFERENCES = {kind: jsonschema.Draft202012Validator(made) for kind, made in SCHEMAS.items()}


def kind_of(path: Path) -> str:
    name, _, rest = path.name.removesuffix(".yaml").partition(".")
    if rest:
        return "stories" if rest == "stories" else "texts"
    return "library" if name == "library" else "tree"


def documents(folder: str) -> dict[str, tuple[str, Document]]:
    found = {}
    for path in sorted((ROOT / folder).rglob("*.yaml")):
        try:
            document = read(path.read_bytes(), str(path))
        except InvalidTree:
            continue
        found[str(path.relative_to(ROOT))] = (kind_of(path), document)
    return found


SHIPPED = documents("trees")
BROKEN = documents("tests/broken")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_file_fits(name: str) -> None:
    kind, document = SHIPPED[name]
    assert validate(document, kind) == []


def agree(kind: str, document: Document) -> None:
    fits = GATES[kind].is_valid(document.data)
    assert REFERENCES[kind].is_valid(document.data) == fits
    ours = list(told(document, SCHEMAS[kind]))
    assert bool(ours) != fits, [found.message for found in ours]


@pytest.mark.parametrize("name", [*SHIPPED, *BROKEN])
def test_both_validators_and_our_words_agree(name: str) -> None:
    agree(*({**SHIPPED, **BROKEN}[name]))


@settings(max_examples=200)
@given(st.data(), st.sampled_from(sorted(SHIPPED)))
def test_they_agree_on_what_is_changed(data: st.DataObject, name: str) -> None:
    kind, document = SHIPPED[name]
    changed = data.draw(data_like(document.data))
    agree(kind, Document(file=name, data=changed))


def test_the_files_are_what_the_code_writes() -> None:
    for path, text in files(ROOT / "schemas"):
        assert path.read_text("utf-8") == text, f"{path.name} is stale: run `make schemas`"


def test_the_reference_is_fresh_and_has_every_key() -> None:
    text = reference()
    written = (ROOT / "docs/reference.md").read_text("utf-8")
    assert written == text, "docs/reference.md is stale: run `make schemas`"
    for kind in ("tree", "library", "stories", "texts"):
        for key in _keys(schema(kind)):
            assert f"| `{key}`" in text, (kind, key)


def _keys(part: object) -> Iterator[str]:
    """Every key that the schema knows, at any depth."""
    if isinstance(part, dict):
        found = part.get("properties")
        if isinstance(found, dict):
            yield from found
        for inner in part.values():
            yield from _keys(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _keys(inner)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def inner(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from inner(value)
    elif isinstance(part, list):
        for value in part:
            yield from inner(value)


def properties(kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every key that a file of this kind can have, with what is known of it."""
    definitions = SCHEMAS[kind].get("$defs", {})
    for part in inner(SCHEMAS[kind]):
        for key, value in part.get("properties", {}).items() if "type" in part else ():
            known: dict[str, Any] = {}
            while True:
                known = {**value, **known}
                if "$ref" not in value:
                    break
                value = definitions[value["$ref"].rpartition("/")[2]]
            yield key, known


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: str) -> None:
    """An editor shows a key's `markdownDescription`, or its `description`."""
    found = list(properties(kind))
    assert found
    for key, known in found:
        assert known.get("description", "").strip(), key
        assert known.get("markdownDescription") == known["description"], key


def test_every_verb_has_a_snippet() -> None:
    node = SCHEMAS["tree"]["$defs"]["node"]
    verbs = {next(iter(snippet["body"])) for snippet in node["defaultSnippets"]}
    assert verbs == set(node["x-verbs"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_is_used_and_said_once(kind: str) -> None:
    made = SCHEMAS[kind]
    used = {part["$ref"] for part in inner(made) if isinstance(part.get("$ref"), str)}
    assert used == {f"#/$defs/{name}" for name in made["$defs"]}
    large = [json.dumps(part, sort_keys=True) for part in inner(made) if "properties" in part]
    assert len(large) == len(set(large)), "one part stands in two places: make it a definition"


# The keys of the format, as docs name them: each must be one that an editor completes.
FORMAT = {
    "tree": """format title summary owner tags audience channels languages source also start given
        facts texts anytime exits nodes renamed allow ask tell decide run use end choices fields
        choices_from next checklist wait when otherwise with disposition kpi hand_to follow_up due
        why by survey exit returns hint help image file alt link to limit visits then expect note
        verbatim only label known pick none_of_these once type list required private of min max
        pattern message default must say check node""",
    "library": """format actions dispositions kpis teams constants texts timezone workdays holidays
        label takes exits failed safe_to_repeat by http post timeout exit outputs table file match
        currency""",
    "stories": """story at audience channel language given actions answers expect end disposition
        shown not_shown visits""",
    "texts": "format translates language texts text of",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_the_format_is_there(kind: str) -> None:
    assert set(FORMAT[kind].split()) <= {key for key, _ in properties(kind)}
