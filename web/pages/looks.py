"""Templates to HTML: compiled once, with what every page may use."""

from __future__ import annotations

import zlib
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from engine.errors import StoreError
from web import words as words_
from web.logs import log
from web.pages import views, wording
from web.pages.forms import Typed
from web.pages.markdown import heading, html, inline, plain, rest
from web.pages.preferred import here, preferred
from web.refusals import PATTERNS
from web.signin import rights, tokens
from web.signin.people import asking
from web.teams import waits

environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.globals |= {
    "asking": asking,
    "may": rights.may,
    "seal": tokens.field,
    "widget": wording.widget,
    "input_mode": wording.input_mode,
    "ids": wording.ids,
    "lines": wording.lines,
    "duration": wording.duration,
    "languages": words_.LANGUAGES,
    "came_from": here,
    "waits": waits,
}
environment.filters |= {
    "html": html,
    "inline": inline,
    "plain": plain,
    "heading": heading,
    "rest": rest,
    "describes": wording.describes,
    "sentence": wording.sentence,
    "tongue": wording.tongue,
    "spaced": wording.spaced,
    "way": words_.direction,
    "when": wording.when,
    "day": wording.day,
    "label": wording.label,
}


def render(template: str, page: Any) -> str:
    """A page as HTML. A page without a walk is in the language that its reader prefers."""
    language = page.language if template in _OF_A_WALK else preferred()
    return environment.get_template(template).render(page=page, **_spoken(language))


_OF_A_WALK = frozenset(
    {
        "ahead.html",
        "step.html",
        "waiting.html",
        "change.html",
        "outcome.html",
        "fault.html",
        "help/code.html",
        "help/end.html",
        "help/step.html",
        "help/waiting.html",
    }
)


def render_line(template: str, language: str, here: str, line: views.Said) -> str:
    """A line of a walk's record."""
    return environment.get_template(template).render(line=line, here=here, **_spoken(language))


def render_part(template: str, language: str, **shown: Any) -> Markup:
    """A part of a walk's page."""
    return Markup(environment.get_template(template).render(**shown, **_spoken(language)))


@cache
def _spoken(language: str) -> dict[str, Any]:
    around = words_.spoken(language)
    return {
        "_": words_.translator(language),
        "ngettext": partial(_numbered, words_.translator(language)),
        "language": language,
        "direction": words_.direction(language),
        # what stands around a walk, where it is in another language than the walk
        "around": _tongue(around) if around != language.partition("-")[0] else Markup(""),
        "told": partial(_told, language),
        "in_tongue": partial(_another, language),
    }


def _told(language: str, why: str) -> str:
    """What was not accepted, in the walk's language where we have the words; else marked English."""
    words = words_.told(language, why, PATTERNS) or words_.told(
        language, why.removesuffix("."), PATTERNS
    )
    if words:
        return wording.sentence(words)
    if words_.spoken(language) == words_.SOURCE != language.partition("-")[0]:
        return Markup("<span{}>{}</span>").format(_tongue(words_.SOURCE), wording.sentence(why))
    return Markup("<span{}>{}</span>").format(_tongue(words_.SOURCE), wording.sentence(why))


def _numbered(say: words_.Say, one: str, many: str, n: int) -> str:
    return say(words_.numbered(one, many, n), n=n)


def _another(language: str, of: str) -> Markup:
    """The mark of what is in another language than the page."""
    return _tongue(of) if of != language else Markup("")


def _tongue(language: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language, words_.direction(language))


def page(template: str, shown: Any, status: int = 200) -> HTMLResponse:
    return HTMLResponse(render(template, shown), status, headers={"cache-control": "no-store"})


class _Ready(Response):
    """A response whose headers are bytes already: the framework's own would be made from words for
    every answer."""

    def __init__(self, body: bytes, status: int, *headers: tuple[bytes, bytes]) -> None:
        self.status_code, self.body, self.background = status, body, None
        length = (b"content-length", b"%d" % len(body))
        self.raw_headers = [(b"cache-control", b"no-store"), length, *headers]


def whole(ready: bytes) -> Response:
    """A page that is ready."""
    return _Ready(ready, 200, (b"content-type", b"text/html; charset=utf-8"))


def packed(request: Request, response: Response) -> Response:
    """A page of a step for whoever takes it packed: less than a third of the bytes for 45 us.
    (Nothing on it comes from its own address, so nobody can try by asking what the seal is.)"""
    if len(response.body) < _WORTH_PACKING:
        return response
    takes = next((v for k, v in request.scope["headers"] if k == b"accept-encoding"), b"")
    if b"gzip" not in takes:
        return response
    packer = zlib.compressobj(5, wbits=_GZIP)
    body = packer.compress(response.body) + packer.flush()
    kept = [header for header in response.raw_headers if header[0] != b"content-length"]
    response.raw_headers = [*kept, (b"content-length", b"%d" % len(body)), *_PACKED]
    response.body = body
    return response


_WORTH_PACKING = 2_000  # bytes: less fits into one packet anyhow
_GZIP = 31  # zlib's word for its form with head and tail
_PACKED = ((b"content-encoding", b"gzip"), (b"vary", b"accept-encoding"))


def redirect(address: str) -> Response:
    """Post, redirect, get: a reload repeats nothing."""
    return _Ready(b"", 303, (b"location", quote(address, safe=_KEPT).encode()))


_KEPT = ":/%#?=@[]!$&'()*+,;"  # what means something in an address is left as it is


def unconfirmed(request: Request, form: Typed, failed: StoreError, back: str) -> HTMLResponse:
    """The record could not be written, or it was and nobody told us: the same again, by hand."""
    log.warning("not confirmed", why=str(failed))
    shown = views.AgainPage(request.url.path, form.pairs, wording.sentence(str(failed)), back)
    response = page("again.html", shown, 503)
    response.headers["retry-after"] = "5"
    return response
