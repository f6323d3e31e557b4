"""Templates to HTML: compiled once, with what every page may use."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from engine.errors import StoreError
from web import views
from web import words as words_
from web.forms import Typed
from web.logs import log
from web.markdown import heading, html, inline, plain, rest
from web.signin import rights, tokens
from web.signin.people import asking

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals |= {
    "asking": asking,
    "may": rights.may,
    "seal": tokens.field,
    "widget": views.widget,
    "input_mode": views.input_mode,
    "ids": views.ids,
    "lines": views.lines,
    "duration": views.duration,
}
_environment.filters |= {
    "html": html,
    "inline": inline,
    "plain": plain,
    "heading": heading,
    "rest": rest,
    "describes": views.describes,
    "sentence": views.sentence,
    "tongue": views.tongue,
    "spaced": views.spaced,
    "label": views.label,
}


def render(template: str, page: Any) -> str:
    """A page as HTML. A page without a language of its own is in that of the interface."""
    language = getattr(page, "language", words_.SOURCE) if template in _SPOKEN else words_.SOURCE
    return _environment.get_template(template).render(page=page, **_spoken(language))


_SPOKEN = frozenset(
    {
        "step.html",
        "waiting.html",
        "change.html",
        "outcome.html",
        "fault.html",
        "sign-in.html",
        "account.html",
    }
)  # pages in the language of whoever reads them


def render_line(template: str, language: str, here: str, line: views.Said) -> str:
    """A line of a walk's record."""
    return _environment.get_template(template).render(line=line, here=here, **_spoken(language))


@cache
def _spoken(language: str) -> dict[str, Any]:
    around = words_.spoken(language)
    return {
        "_": words_.translator(language),
        "language": language,
        "direction": words_.direction(language),
        # what stands around a walk, where it is in another language than the walk
        "around": _tongue(around) if around != language.partition("-")[0] else Markup(""),
        "told": partial(_told, language),
    }


def _told(language: str, why: str) -> str:
    """What was not accepted, in the walk's language where we have the words; else marked English."""
    words = words_.translator(language)(why)
    if words != why or language.partition("-")[0] == words_.SOURCE:
        return views.sentence(words)
    return Markup("<span{}>{}</span>").format(_tongue(words_.SOURCE), views.sentence(why))


def _tongue(language: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(language, words_.direction(language))


def page(template: str, shown: Any, status: int = 200) -> HTMLResponse:
    return HTMLResponse(render(template, shown), status, headers={"cache-control": "no-store"})


def whole(ready: bytes) -> HTMLResponse:
    """A page that is ready."""
    return HTMLResponse(ready, headers={"cache-control": "no-store"})


def redirect(address: str) -> RedirectResponse:
    """Post, redirect, get: a reload repeats nothing."""
    return RedirectResponse(address, status_code=303, headers={"cache-control": "no-store"})


def unconfirmed(request: Request, form: Typed, failed: StoreError, back: str) -> HTMLResponse:
    """The record could not be written, or it was and nobody told us: the same again, by hand."""
    log.warning("not confirmed", why=str(failed))
    shown = views.AgainPage(request.url.path, form.pairs, views.sentence(str(failed)), back)
    response = page("again.html", shown, 503)
    response.headers["retry-after"] = "5"
    return response
