"""`fingerpost translate`: what is missing is said, what people wrote is kept, and what goes to a
translator and comes back is exactly what it was."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checks.translation import stamp
from engine.formats.canonical import canonical
from engine.library import Library, read_library
from engine.translating import EXCHANGES
from engine.translating.side import side_file
from engine.translating.units import Back, Unit, taken, words
from tests.command import refused, run

TREES = Path(__file__).parents[1] / "trees"
TREE = """\
format: 1
title: The kettle stays cold
languages: {source: en, also: [fr]}
start: lamp
given: {name: text}
nodes:
  lamp:
    ask: "{name}, does the lamp light up?"
    choices: {lit: {label: "= It does", next: done}, dark: done}
  done: {end: "Thank you, {name}: {{fine}}", disposition: done}
"""
SIDE = """\
# Reviewed by the French team.
format: 1
translates: kettle
language: fr
texts:
  # The word is short on purpose.
  nodes.lamp.choices.dark.label: {text: Noir, of: 000000000000}      # ask Léa
  nodes.lamp.ask: {text: "Le voyant est-il allumé, {name} ?", of: OF}
  nodes.tea.ask: {text: "Du thé ?", of: d423c795472b}
"""
ASKED = "{name}, does the lamp light up?"


@cache
def shipped() -> Library:
    return read_library(TREES)


@pytest.fixture
def kettle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with one tree, half of it in French; its side file."""
    monkeypatch.chdir(tmp_path)
    Path("trees").mkdir()
    Path("trees/library.yaml").write_text("format: 1\ndispositions: {done: {label: Done}}\n")
    Path("trees/kettle.yaml").write_text(TREE)
    side = Path("trees/kettle.fr.yaml")
    side.write_text(SIDE.replace("OF", stamp(ASKED)), "utf-8")
    return side


def states(language: str = "fr") -> dict[str, str]:
    found = words(read_library(Path("trees")), "kettle", language)
    return {unit.address: unit.state for unit in found.units}


# ------------------------------------------------------------------------------------ the list


def test_it_says_what_is_missing_stale_and_left_over(kettle: Path) -> None:
    told = run("translate", "kettle", "fr")
    assert told.status == 1
    assert "stale    nodes.lamp.choices.dark.label: Dark" in told.out
    assert "missing  nodes.done.end: Thank you, {name}: {{fine}}" in told.out
    assert "left over nodes.tea.ask: Du thé ?" in told.out
    assert "4 missing, 1 stale, 1 left over" in told.out
    as_json = run("translate", "kettle", "fr", "--json").json
    assert as_json["left_over"] == ["nodes.tea.ask"]
    assert {text["state"] for text in as_json["texts"]} == {"missing", "stale", "fresh"}


def test_what_cannot_be_is_said_in_one_line(kettle: Path) -> None:
    assert "Did you mean 'kettle'?" in refused("translate", "ketle", "fr")
    assert "is no language" in refused("translate", "kettle", "french")
    assert "the language that it is written in" in refused("translate", "kettle", "en")
    assert "--format csv" in refused("translate", "kettle", "fr", "--out", "a.txt")
    assert "cannot be read" in refused("translate", "kettle", "fr", "--from", "none.csv")
    Path("trees/kettle.yaml").write_text("format: 1\ntitle: [")
    assert "kettle.yaml" in refused("translate", "kettle", "fr")


def test_a_side_file_that_cannot_be_read_is_not_written_over(kettle: Path) -> None:
    kettle.write_text("format: 1\ntranslates: kettle\nlanguage: fr\ntexts: [\n")
    before = kettle.read_bytes()
    assert "kettle.fr.yaml" in refused("translate", "kettle", "fr", "--write")
    assert kettle.read_bytes() == before


# ------------------------------------------------------------------------------- the side file


def test_write_makes_a_line_for_every_text_and_keeps_what_people_wrote(kettle: Path) -> None:
    assert run("translate", "kettle", "fr", "--write").status == 0
    text = kettle.read_text("utf-8")
    assert text.startswith("# Reviewed by the French team.\n")
    assert "  # The word is short on purpose.\n" in text
    assert "# ask Léa" in text
    assert "nodes.tea.ask" in text
    assert (
        f'nodes.lamp.ask: {{text: "Le voyant est-il allumé, {{name}} ?", of: {stamp(ASKED)}}}'
        in text
    )
    assert text == canonical(text.encode(), "kettle.fr.yaml")
    assert text.index("  title:") < text.index("nodes.lamp.ask") < text.index("nodes.done.end")
    assert states()["nodes.lamp.choices.dark.label"] == "stale"
    assert states()["title"] == "missing"
    again = run("translate", "kettle", "fr", "--write")
    assert again.status == 0
    assert kettle.read_text("utf-8") == text


def test_a_line_that_waits_is_missing_to_the_check_and_shown_to_nobody(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--write")
    found = run("check", "trees").out
    assert "nodes.done.end has no text in 'fr'" in found
    tree = read_library(Path("trees")).trees["kettle"]
    assert set(tree.translations["fr"]) == {
        "nodes.lamp.ask",
        "nodes.lamp.choices.dark.label",
        "nodes.tea.ask",
    }


def test_a_new_language_is_begun(kettle: Path) -> None:
    begun = run("translate", "kettle", "es", "--write")
    assert "also: [es]" in begun.out
    assert Path("trees/kettle.es.yaml").is_file()
    assert set(states("es").values()) == {"missing"}


def test_a_renamed_node_takes_its_translation_along(kettle: Path) -> None:
    Path("trees/kettle.yaml").write_text(TREE.replace("lamp", "light"))
    run("translate", "kettle", "fr", "--write")
    assert states()["nodes.light.ask"] == "missing"  # its words changed: "does the light light up"
    Path("trees/kettle.yaml").write_text(
        TREE.replace("lamp:", "light:").replace("start: lamp", "start: light")
    )
    kettle.write_text(SIDE.replace("OF", stamp(ASKED)), "utf-8")
    run("translate", "kettle", "fr", "--write")
    assert states()["nodes.light.ask"] == "fresh"
    assert "nodes.lamp.ask" not in kettle.read_text("utf-8")


# ----------------------------------------------------------------------------------- exchanging


@pytest.mark.parametrize("name", ["kettle.csv", "kettle.xlf", "kettle.xliff"])
def test_what_goes_out_and_comes_back_changes_nothing(kettle: Path, name: str) -> None:
    run("translate", "kettle", "fr", "--write")
    before = kettle.read_bytes()
    assert run("translate", "kettle", "fr", "--out", name).status == 0
    back = run("translate", "kettle", "fr", "--from", name)
    assert (back.status, back.out) == (0, "took 0 texts, refused 0\n")
    assert kettle.read_bytes() == before


@pytest.mark.parametrize("format", list(EXCHANGES))
@pytest.mark.parametrize("language", ["fr", "es", "de", "ar"])
def test_every_shipped_translation_survives_the_way_out_and_back(
    format: str, language: str
) -> None:
    library = shipped()
    ids = sorted({id for id, spoken in library.sides if spoken == language})
    assert ids
    for id in ids:
        units = words(library, id, language).units
        sent = EXCHANGES[format].write(units, id or "library", "en", language)
        came = EXCHANGES[format].read(sent.encode())
        assert [(b.address, b.text) for b in came] == [(u.address, u.text) for u in units]
        assert not taken(units, came).changed


LETTERS = st.text(
    st.sampled_from("aé \n\t{}<>&\"'=+-@,;#…\u2028😀\u202e") | st.characters(codec="utf-8"),
    max_size=40,
)
PIECES = st.lists(LETTERS | st.sampled_from(["{a.b}", "{c}", "{{", "}}"]), max_size=5)


@given(
    source=PIECES.map("".join), text=PIECES.map("".join), format=st.sampled_from(list(EXCHANGES))
)
def test_any_text_survives_or_is_refused(source: str, text: str, format: str) -> None:
    unit = Unit("nodes.a.ask", source, text, stamp(source), "a question")
    refusal = sent = ""
    try:
        sent = EXCHANGES[format].write([unit], "any", "en", "fr")
    except ValueError as wrong:
        refusal = str(wrong)
    if refusal:
        assert format != "csv"
        assert "use CSV" in refusal
        return
    back = EXCHANGES[format].read(sent.encode())[0]
    if text.strip():
        assert (back.source, back.text, back.done) == (source, text, True)
    else:
        assert not back.text.strip()


@given(texts=st.dictionaries(st.sampled_from(["a", "b.c", "nodes.x.ask", "d"]), LETTERS))
def test_a_side_file_says_what_it_was_told_whatever_that_is(texts: dict[str, str]) -> None:
    clean = {k: "".join(c for c in v if c.isprintable() or c == "\n") for k, v in texts.items()}
    units = [Unit(address, "S", text, "0123456789ab") for address, text in clean.items()]
    once = side_file("", "kettle", "fr", units)
    assert side_file(once, "kettle", "fr", units) == once


def test_a_translators_work_is_taken(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--out", "k.xlf")
    text = Path("k.xlf").read_text("utf-8")
    assert '<ph id="1" equiv="{name}" disp="{name}"/>' in text
    text = text.replace(
        "<source>The kettle stays cold</source>",
        "<source>The kettle stays cold</source><target>La bouilloire reste froide</target>",
    )
    text = text.replace(' disp="{name}"', "").replace(' equiv="{name}"', "")  # a careless tool
    text = text.replace('<ph id="1"/>, does', '<ph id="1" equiv="{name}"/>, does')
    Path("k.xlf").write_text(text, "utf-8")
    back = run("translate", "kettle", "fr", "--from", "k.xlf")
    assert back.status == 0
    assert "took 1 text, refused 0" in back.out
    assert "title: {text: La bouilloire reste froide, of: " in kettle.read_text("utf-8")
    assert states()["title"] == "fresh"


def test_a_stale_text_is_confirmed_by_saying_so_alone(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--out", "k.csv")
    sheet = Path("k.csv").read_text("utf-8")
    run("translate", "kettle", "fr", "--from", "k.csv")
    assert states()["nodes.lamp.choices.dark.label"] == "stale"
    Path("k.csv").write_text(sheet.replace("dark.label,stale", "dark.label,fresh"), "utf-8")
    assert "took 1 text" in run("translate", "kettle", "fr", "--from", "k.csv").out
    assert states()["nodes.lamp.choices.dark.label"] == "fresh"
    assert "# ask Léa" in kettle.read_text("utf-8")


def test_nothing_better_is_taken_away() -> None:
    fresh = Unit("title", "Now", "Maintenant", stamp("Now"))
    older = taken([fresh], [Back("title", "Before", "Avant")])
    assert older.units == (fresh,)
    assert "older source text" in older.refused[0][1]
    empty = taken([fresh], [Back("title", "Now", "  ")])
    assert (empty.units, empty.changed, empty.refused) == ((fresh,), (), ())
    newer = taken([fresh], [Back("title", "Now", "À présent")])
    assert newer.units[0].text == "À présent"


def test_a_wrong_placeholder_is_refused_and_the_rest_taken(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--out", "k.csv")
    sheet = Path("k.csv").read_text("utf-8")
    sheet = sheet.replace('{{fine}}",', '{{fine}}","Merci, {nom}"').replace(
        "The kettle stays cold,", "The kettle stays cold,Froide"
    )
    Path("k.csv").write_text(sheet, "utf-8")
    back = run("translate", "kettle", "fr", "--from", "k.csv")
    assert back.status == 1
    assert "took 1 text, refused 1" in back.out
    assert "nodes.done.end: {name} is missing; {nom} is not in the source text" in back.err
    assert states()["title"] == "fresh"
    assert states()["nodes.done.end"] == "missing"


BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><xliff version="2.0">&b;</xliff>'


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("k.xlf", BOMB.encode(), "document type"),
        ("k.xlf", BOMB.encode("utf-16"), "document type"),
        ("k.xlf", b"<xliff", "no XML"),
        ("k.xlf", b"<html/>", "no XLIFF"),
        ("k.xlf", b'<xliff version="3.0"/>', "XLIFF 3.0"),
        ("k.xlf", b"\xff", "UTF-8"),
        ("k.csv", b"\xff", "UTF-8"),
        ("k.csv", b"", "first line"),
        ("k.csv", b"a,b\n1,2\n", "first line"),
        ("k.csv", b"address,state,note,en,fr\na,b\n", "row 2 has 2 cells"),
        ("k.csv", b'address,state,note,en,fr\n"a', "no CSV"),
    ],
)
def test_a_file_that_is_none_is_told_and_takes_nothing(
    kettle: Path, name: str, raw: bytes, said: str
) -> None:
    before = kettle.read_bytes()
    Path(name).write_bytes(raw)
    assert said in refused("translate", "kettle", "fr", "--from", name)
    assert kettle.read_bytes() == before


def test_spreadsheets_that_use_semicolons_are_read(kettle: Path) -> None:
    sheet = "address;state;note;en;fr\r\ntitle;missing;;The kettle stays cold;Froide\r\n"
    Path("k.csv").write_text(sheet, "utf-8")
    assert "took 1 text" in run("translate", "kettle", "fr", "--from", "k.csv").out


def test_no_cell_is_computed(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--out", "k.csv")
    assert ",'= It does," in Path("k.csv").read_text("utf-8")


def test_older_tools_get_the_older_form(kettle: Path) -> None:
    run("translate", "kettle", "fr", "--out", "k.xlf", "--format", "xliff-1.2")
    text = Path("k.xlf").read_text("utf-8")
    assert 'version="1.2"' in text
    assert '<x id="1" equiv-text="{name}"/>' in text
    text = text.replace(
        "</source>\n    <note>the title", "</source><target>Froide</target><note>the title"
    )
    Path("k.xlf").write_text(text, "utf-8")
    assert "took 1 text" in run("translate", "kettle", "fr", "--from", "k.xlf").out


def test_the_words_that_all_trees_share(kettle: Path) -> None:
    told = run("translate", "library", "fr")
    assert told.status == 1
    assert "missing  dispositions.done.label: Done" in told.out
    Path("trees/library.fr.yaml").write_text(
        "format: 1\ntranslates: library\nlanguage: fr\ntexts: {}\n", "utf-8"
    )
    assert run("translate", "library", "fr", "--write").status == 0
    assert "dispositions.done.label: {text: " in Path("trees/library.fr.yaml").read_text("utf-8")
    run("translate", "library", "fr", "--out", "all.csv")
    sheet = Path("all.csv").read_text("utf-8").replace(",Done,", ",Done,Fini")
    Path("all.csv").write_text(sheet, "utf-8")
    assert "took 1 text" in run("translate", "library", "fr", "--from", "all.csv").out
    assert run("translate", "library", "fr").status == 0
