"""The pages' own words: catalogues that lack nothing, and pages in every language."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from tests.served import Served, served
from tests.test_pages import sound
from web.pages.looks import _told, render
from web.pages.preferred import accepted, known
from web.pages.views import AgainPage, ErrorPage
from web.pages.wording import duration, reason
from web.refusals import PATTERNS
from web.words import LANGUAGES, WORDS, direction, spoken, told, translator

ROOT = Path(__file__).parent.parent
_HOLE = re.compile(r"{\w*}")
# As `make words` gathers them: see Makefile and [tool.babel] in pyproject.toml.
_KEYWORDS: dict[str, Any] = {
    "_": None, "say": None, "marked": None, "ngettext": (1, 2), "numbered": (1, 2),
}  # fmt: skip
_TEMPLATES = {"trim_blocks": "true", "lstrip_blocks": "true"}


@cache
def used() -> frozenset[Any]:
    """Every message in code and templates; those with a plural as pairs."""
    found = extract_from_dir(
        ROOT / "web", [("**.py", "python"), ("pages/templates/**.html", "jinja2")],
        {"pages/templates/**.html": _TEMPLATES}, _KEYWORDS,
    )  # fmt: skip
    return frozenset(message[2] for message in found)


def kept(language: str) -> Catalog:
    path = ROOT / "web" / "locale" / language / "LC_MESSAGES" / "fingerpost.po"
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", WORDS)
def test_a_catalogue_has_every_message_and_no_other(language: str) -> None:
    assert len(used()) > 250
    catalogue = kept(language)
    ids = {message.id for message in catalogue if message.id}
    missing, over = used() - ids, ids - used()
    assert not missing, f"`make words`, then translate: {missing}"
    assert not over, f"no page says this any more, `make words` takes it out: {over}"
    assert not catalogue.obsolete


@pytest.mark.parametrize("language", WORDS)
def test_every_message_is_translated_and_holds_what_its_source_holds(language: str) -> None:
    for message in kept(language):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        several = not isinstance(message.id, str)
        source = str(message.id[1] if several else message.id)
        forms = tuple(message.string or ()) if several else (str(message.string),)
        for form in forms:
            assert form.strip(), message.id
            holes = sorted(_HOLE.findall(form))
            # One and two may be words: "un minuto", "دقيقتين".
            assert holes == sorted(_HOLE.findall(source)) or (several and not holes), form
            assert source.endswith(":") <= form.rstrip().endswith(":"), form


def test_the_makefile_gathers_by_the_same_names() -> None:
    rule = (ROOT / "Makefile").read_text().partition("\nwords:")[2].partition("\n\n")[0]
    assert set(re.findall(r"-k (\w+)", rule)) == _KEYWORDS.keys() - {"_", "ngettext"}
    assert re.search(r"for language in ([\w ]+);", rule)[1].split() == list(WORDS)  # type: ignore[index]


def test_numbers_take_the_form_of_their_language() -> None:
    said = [translator("ar")(duration(60 * n)[0], n=n) for n in (1, 2, 3, 11, 100)]
    assert said == ["دقيقة واحدة", "دقيقتين", "3 دقائق", "11 دقيقة", "100 دقيقة"]
    assert translator("fr-CH")(duration(1)[0], n=1) == "1 seconde"
    assert translator("en")(duration(1)[0], n=1) == "1 second"
    assert translator("de")(duration(30)[0], n=30) == "30 Sekunden"
    assert translator("de")("rated: {n}", n=3) == "Bewertung: 3"
    assert translator("fr")("") == ""  # an empty message is a catalogue's own header
    assert translator("fr")("Something the pages never say") == "Something the pages never say"


@pytest.mark.parametrize("language", WORDS)
def test_what_the_engine_refuses_is_told_in_the_language(language: str) -> None:
    for pattern in PATTERNS:
        words = _HOLE.sub("7", pattern)
        found = told(language, words, PATTERNS)
        assert found, words
        assert found != words
        assert found.count("7") >= pattern.count("{")
    assert told(language, "at most 5 of whatever this is", ()) == ""
    assert 'lang="en"' in str(_told(language, "a sentence that nobody has translated"))
    assert "&lt;b" in str(_told(language, "<b>"))


def test_why_an_action_failed_is_said_in_the_language() -> None:
    say = translator("es")
    assert reason("timeout", say) == "no llegó respuesta a tiempo; quizá se hizo"
    assert reason("error:HTTP 500", say) == "terminó con un error interno:HTTP 500"
    assert reason("something new", say) == "something new"
    assert reason("timeout") == "no answer came in time; it may have been done"


# ------------------------------------------------------------------------ which language a page has


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"), ("en, fr", "en"), ("de;q=1, fr;q=0.5, en;q=0.4", "de"),
        ("", ""), ("xx", ""), ("fr;q=0", ""), ("fr;q=x, en", "en"), ("*", ""), ("en;q=0.1,fr;q=0.2", "fr"),
        ("AR-EG", "ar"), ("pt, es-MX;q=0.3", "es"), (",;=;q", ""), ("fr;q=nan", ""),
    ],
)  # fmt: skip
def test_the_language_that_a_browser_likes_best(header: str, language: str) -> None:
    assert accepted(header) == language


def test_which_languages_there_are() -> None:
    assert [known(one) for one in ("fr_FR", "FR-ca", " de", "xx", "", "e")] == ["", "fr", "de", "", "", ""]  # fmt: skip
    assert (spoken("es-MX"), spoken("pt"), spoken("en")) == ("es", "en", "en")
    assert [direction(one) for one in (*LANGUAGES, "he-IL")] == ["ltr"] * 4 + ["rtl"] * 2


@pytest.fixture(scope="module")
def app() -> Iterator[Served]:
    with served() as found:
        yield found


@pytest.fixture(autouse=True)
def plain(app: Served) -> Iterator[None]:
    yield
    app.client.cookies.clear()
    app.client.headers.pop("accept-language", None)


def lang(app: Served, address: str) -> str:
    return str(app.open(address).tags("html")[0]["lang"])


def test_what_is_asked_for_goes_before_what_was_chosen_before_what_the_browser_likes(
    app: Served,
) -> None:
    assert lang(app, "/") == "en"
    app.client.headers["accept-language"] = "de-AT, en;q=0.5"
    assert lang(app, "/") == "de"
    page = app.open("/walks?x=1").press("language", "es")
    assert (page.path, page.tags("html")[0]["lang"]) == ("/walks", "es")
    assert lang(app, "/start/internet_down") == "es"
    assert lang(app, "/?lang=fr") == "fr"
    assert lang(app, "/?lang=xx") == "es"
    assert lang(app, "/") == "es"
    app.client.cookies.clear()
    app.client.headers["cookie"] = 'fp_language="<script>'
    assert lang(app, "/") == "de"
    del app.client.headers["cookie"]


def test_the_choice_leads_nowhere_else(app: Served) -> None:
    for then in ("//evil.example", "https://evil.example", "/\\evil", "javascript:alert(1)"):
        answer = app.client.post(
            "/language", data={"lang": "fr", "then": then}, follow_redirects=False
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "fp_language=fr" in answer.headers["set-cookie"]
        assert "HttpOnly" in answer.headers["set-cookie"]
    answer = app.client.post("/language", data={"lang": "xx"}, follow_redirects=False)
    assert "set-cookie" not in answer.headers


# --------------------------------------------------------------------------- pages in each language

_ENGLISH = re.compile(
    r"\b(Library|Walks|What is it about|Search|Skip|Started|Tree|How it stands|Open|Walked last|"
    r"Reference|optional|Language|Start|What is known already|Who walks|An agent|Mistake|Go on|"
    r"Nothing has been|Notes|Keep the note|Go to the library|There is no such page|The address|"
    r"Nobody has|Older|The latest|Ended|Outcome|Send it again|We could not)\b"
)


def english(page: Any, *kept: str) -> list[str]:
    text = page if isinstance(page, str) else page.text
    text = re.sub(r"<[^>]+>", " ", text)
    for words in kept:
        text = text.replace(words, "")
    return _ENGLISH.findall(text)


@pytest.mark.parametrize("language", WORDS)
def test_pages_without_a_walk_are_in_the_reader_s_language(app: Served, language: str) -> None:
    app.client.headers["accept-language"] = language
    start = app.open("/start/internet_down")
    trees = [words for tree in app.desk.trees.values() for words in (
        tree.title.source, tree.summary.source if tree.summary else "")]  # fmt: skip
    for page, status in (
        (app.open("/"), 200), (app.open("/?q=router+light"), 200), (app.open("/?q=xyzzyx"), 200),
        (start, 200), (app.open("/nowhere"), 404), (app.open("/walks/none"), 404),
        (start.press("internet_down", reference="x" * 300), 422), (app.open("/walks"), 200),
    ):  # fmt: skip
        sound(page, status)
        html = page.tags("html")[0]
        assert (html["lang"], html["dir"]) == (language, direction(language)), page.path
        assert not english(page, *trees), (page.path, english(page, *trees))


@pytest.mark.parametrize("language", WORDS)
def test_what_could_not_be_confirmed_is_said_in_the_language(language: str) -> None:
    from web.pages import preferred

    preferred.begin({"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}, language)  # fmt: skip
    shown = AgainPage("/start/x", [("answer", "a"), ("text", "b")], "the disk is full", "/")
    page = render("again.html", shown)
    assert not english(page)
    assert f'lang="{language}"' in page
    page = render("error.html", ErrorPage("Too busy", "This is too large.", "r1"))
    assert not english(page)
    assert "Too busy" not in page


def test_a_walk_s_page_is_in_the_walk_s_language_whoever_reads_it(app: Served) -> None:
    app.client.headers["accept-language"] = "ar"
    page = app.open("/start/internet_down").press(
        "internet_down", language="fr", f__plan="fibre", audience="agent"
    )
    assert page.tags("html")[0]["lang"] == "fr"
    assert "Continuer" in page.text
    assert not english(page, "Notes")  # French too
    assert not [form for form in page.forms if form.action == "/language"]
    row = app.open("/walks")
    assert row.tags("html")[0] == {"lang": "ar", "dir": "rtl"}
    assert 'lang="fr" dir="ltr"' in row.html


def test_the_command_line_reads_no_catalogue() -> None:
    code = (
        "import sys; from web.words import translator; import web.settings; "
        "translator('en')('x'); print([m for m in sys.modules if m.startswith('babel')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"
