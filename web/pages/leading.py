"""Where a customer is led who opens an address of the console: to the same in self-service.

Links are passed on: by an agent from his own screen, by a letter that was written before there was
self-service. Staff, and whoever sits at a server that nobody signs in to, stay where they are.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from engine.model import Noun, Tree
from web.pages.forms import Typed
from web.pages.looks import page, redirect
from web.signin.people import asking
from web.signin.rights import IN_SELF_SERVICE


class GivenBack(Noun, frozen=True):
    """What was sent from an old page of the console, and is no move of self-service's. Shown by
    ``given-back.html``. ``walk``: where to go on."""

    sent: list[tuple[str, str]]
    walk: str


def to_tree(request: Request, tree: Tree) -> Response | None:
    """To the page before the first step, with what the address says of it; a form that was filled in
    is sent on there (307), and counted there. None for staff, and for a tree that is walked from
    others alone, which has no such page."""
    if not asking().person.customer or tree.contract is not None:
        return None
    query = request.url.query
    to = f"/help/{tree.id}" + (f"?{query}" if query else "")
    return redirect(to) if request.method != "POST" else RedirectResponse(to, 307)


async def to_walk(request: Request, there: str) -> Response:
    """To the same of a walk in self-service (`rights.IN_SELF_SERVICE`), where it is found out whether
    there is such a walk, and how often he may. A form is sent on (307); one that nothing takes is
    given back, with all that was typed. Raises Forged."""
    at = request.path_params
    walk = IN_SELF_SERVICE["GET /walks/{id}"].format(**at)
    if not there:
        return page("given-back.html", GivenBack((await Typed.of(request)).pairs, walk), 409)
    seq = str(at.get("seq", "1"))
    if not (seq.isascii() and seq.isdigit()):  # a page that there never was
        return redirect(walk)
    to = there.format(**at)
    return redirect(to) if request.method != "POST" else RedirectResponse(to, 307)
