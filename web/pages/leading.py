"""Where a customer is led who opens an address of the console: to the same in self-service.

Links are passed on: by an agent from his own screen, by a letter that was written before there was
self-service. Staff, and whoever sits at a server that nobody signs in to, stay where they are.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from engine.model import Tree, Walk
from web.pages.looks import redirect
from web.signin.people import asking


def to_tree(request: Request, tree: Tree) -> Response | None:
    """To the page before the first step, with what the address says of it; a form that was filled in
    is sent on there (307), and counted there. None for staff, and for a tree that is walked from
    others alone, which has no such page."""
    if not asking().person.customer or tree.contract is not None:
        return None
    query = request.url.query
    to = f"/help/{tree.id}" + (f"?{query}" if query else "")
    return redirect(to) if request.method != "POST" else RedirectResponse(to, 307)


def to_walk(walk: Walk, seq: str = "") -> Response | None:
    """To a walk that he may see, at the step whose address it was; None for staff."""
    if not asking().person.customer:
        return None
    at = seq if seq.isascii() and seq.isdigit() else walk.seq
    return redirect(f"/help/walks/{walk.id}/{at}")
