"""The design system: its page is what the macros give, its colours can be read, and a browser finds
nothing wrong with it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from docs import design
from web.pages import assets

KIT = Path(__file__).parent.parent / "web/pages/templates/kit.html"

# What stands on what: words need 4.5:1, the edge of what can be pressed 3:1.
_WORDS = [
    ("ink", "page"), ("ink", "surface"), ("ink", "sunken"), ("ink", "accent-soft"),
    ("muted", "page"), ("muted", "surface"), ("muted", "sunken"), ("muted", "accent-soft"),
    ("accent", "page"), ("accent", "surface"), ("accent", "sunken"), ("accent", "accent-soft"),
    ("accent-over", "page"), ("accent-over", "surface"), ("accent-over", "accent-soft"),
    ("on-accent", "accent"), ("on-accent", "accent-over"),
    ("bad", "page"), ("bad", "surface"), ("bad", "bad-soft"),
    ("note", "note-soft"), ("good", "surface"), ("good", "sunken"), ("good", "good-soft"),
]  # fmt: skip
_EDGES = [("edge", "page"), ("edge", "surface"), ("accent", "surface"), ("accent", "page")]


def test_the_page_is_up_to_date() -> None:
    assert design.PAGE.read_text("utf-8") == design.page(), "run `make design`"


def test_every_part_is_shown() -> None:
    parts = set(re.findall(r"{% macro (\w+)\(", KIT.read_text("utf-8")))
    shown = (design.HERE / "design-system.jinja").read_text("utf-8").partition("\n")[2]
    assert parts == {part for part in parts if re.search(rf"\b{part}\(", shown)}
    assert len(parts) > 10


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_and_edges_stand_out(scheme: int) -> None:
    colours = design.colours()

    def ratio(one: str, other: str) -> float:
        lights = sorted((_light(colours[one][scheme]), _light(colours[other][scheme])))
        return (lights[1] + 0.05) / (lights[0] + 0.05)

    assert not [(pair, ratio(*pair)) for pair in _WORDS if ratio(*pair) < 4.5]
    assert not [(pair, ratio(*pair)) for pair in _EDGES if ratio(*pair) < 3]


def _light(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_finds_nothing_wrong_with_it(browser: Browser) -> None:
    for width in (320, 1280):
        page = browser.new_page(viewport={"width": width, "height": 800})
        page.goto(design.PAGE.as_uri())
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0
        rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
        for scheme in ("light", "dark"):
            # Without motion: axe must not see a colour on its way from one scheme to the other.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(page, options={"runOnly": rules})
            assert found.violations_count == 0, (width, scheme, found.generate_report())


def test_what_is_served_is_the_stylesheet_and_the_scripts_without_their_remarks() -> None:
    for path in sorted((KIT.parent.parent / "static").glob("*.[cj]s*")):
        found = assets.asset(path.name)
        assert found is not None
        source = path.read_text("utf-8")
        assert gzip.decompress(found.packed) == found.plain
        assert len(found.plain) < len(source)
        lean = found.plain.decode()
        if path.suffix == ".js":  # no line of it is within a text, so nothing of one can be lost
            assert not [line for line in source.splitlines() if line.count("`") % 2]
            code = [line.partition("  // ")[0].strip() for line in source.splitlines()]
            assert lean.splitlines() == [c for c in code if c and not c.startswith("//")]


@pytest.mark.browser
@pytest.mark.slow
def test_a_browser_reads_the_same_from_what_is_served_of_a_stylesheet(browser: Browser) -> None:
    page = browser.new_page()
    for path in sorted((KIT.parent.parent / "static").glob("*.css")):
        found = assets.asset(path.name)
        assert found is not None
        written, served = (page.evaluate(_RULES, of) for of in (path.read_text("utf-8"), found.plain.decode()))  # fmt: skip
        assert len(written) > 10
        assert served == written


_RULES = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  // A custom property is kept as it was written.
  return [...sheet.cssRules].map((rule) => rule.cssText.replace(/(^|[^0-9])0[.]/g, "$1.").replace(/ |\\n/g, ""));
}"""
