"""The language of a page without a walk: the one that was asked for just now (``?lang=``), or was
chosen at the foot of a page (a cookie; within another's page, in the address), or that the browser likes best (Accept-Language), or the
setting ``language``. Read from the request only where a page is made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from web.signin import cookies
from web.words import LANGUAGES, SOURCE

COOKIE: Final = "fp_language"
ASKED: Final = "lang"  # in an address, and in the form at the foot
_NAMES: Final = (COOKIE, cookies.name(COOKIE, over_https=True))
_request: ContextVar[tuple[Mapping[str, Any], str]] = ContextVar("request", default=({}, SOURCE))


def begin(scope: Mapping[str, Any], otherwise: str) -> None:
    """From here on, in this task, pages are for whoever sent this request."""
    _request.set((scope, otherwise))


def preferred() -> str:
    """The language of pages that have none of their own."""
    scope, otherwise = _request.get()
    if not scope:
        return otherwise
    asked, frame = dict(_query(scope)).get(ASKED, ""), scope.get("frame")
    headers = _headers(scope)
    return (
        known(asked)
        or (frame.language if frame else "")
        or known(_chosen(headers.get("cookie", "")))
        or accepted(headers.get("accept-language", ""))
        or otherwise
    )


def here() -> str:
    """The address to come back to after another language was chosen. A form that was sent has none
    of its own: then it is the page that it was sent from."""
    scope, _ = _request.get()
    if not scope:
        return "/"
    if scope["method"] == "GET":
        path = str(scope["path"])
        query = urlencode([(name, value) for name, value in _query(scope) if name != ASKED])
    else:
        found = urlsplit(_headers(scope).get("referer", ""))
        path, query = found.path or "/", found.query
        if frame := scope.get("frame"):  # its first page is none of ours
            path = path.removeprefix(frame.begins) if found.path else str(scope["path"])
    return f"{path}?{query}" if query else path


def known(language: str) -> str:
    """A language that the pages have, or ""."""
    base = language.strip().lower().partition("-")[0]
    return base if base in LANGUAGES else ""


def accepted(header: str) -> str:
    """What a browser likes best (Accept-Language) of the languages that there are, or "".

    >>> accepted("pt, de-AT;q=0.8, en;q=0.7")
    'de'
    """
    wanted: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        name, _, rest = part.strip().partition(";")
        try:
            wanted.append((float(rest.strip().removeprefix("q=") or "1"), known(name)))
        except ValueError:
            continue
    liked = sorted((one for one in wanted if one[0] > 0 and one[1]), key=lambda one: -one[0])
    return liked[0][1] if liked else ""


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: Mapping[str, Any]) -> list[tuple[str, str]]:
    try:
        return parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=50)
    except ValueError:  # more of it than any page of ours has
        return []


def _chosen(header: str) -> str:
    try:
        found = SimpleCookie(header[:8_000])
    except CookieError:
        return ""
    return next((found[name].value for name in _NAMES if name in found), "")
