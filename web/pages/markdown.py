"""Markdown as HTML that is safe to show: no raw HTML, links to https, tel and mailto alone."""

from __future__ import annotations

from functools import cache, lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_TAGS = {
    "p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "table", "thead", "tbody", "tr",
    "th", "td", "blockquote", "s", "h2", "h3", "h4", "hr",
}  # fmt: skip


@cache
def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
        ["table", "strikethrough"]
    )


@lru_cache(maxsize=10_000)
def html(words: str) -> Markup:
    """Words of a prompt as blocks of HTML."""
    return Markup(_clean(parser().render(words)))


@lru_cache(maxsize=10_000)
def inline(words: str) -> Markup:
    """A label as HTML within a line."""
    return Markup(_clean(parser().renderInline(words)))


def heading(words: str) -> Markup:
    """The first paragraph within a line; see ``rest``."""
    return inline(words.strip().partition("\n\n")[0])


def rest(words: str) -> Markup:
    """What follows the first paragraph, as blocks of HTML."""
    return html(words.strip().partition("\n\n")[2])


@lru_cache(maxsize=10_000)
def plain(words: str) -> str:
    """A label as bare text: for titles and transcripts. Not HTML: whoever shows it escapes it."""
    return " ".join(unescape(nh3.clean(parser().renderInline(words), tags=set())).split())


def _clean(made: str) -> str:
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"https", "tel", "mailto"},
        link_rel="noopener noreferrer",
    )
