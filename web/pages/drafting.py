"""What is typed at a step, kept as one types. The script of the console sends it; nobody waits for it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engine import walk as walks
from web.desk import Desk
from web.drafts import Draft
from web.pages.forms import MOST_NOTE, Typed


def drafting(desk: Desk) -> list[Route]:
    async def draft(request: Request) -> Response:
        """Keep what is typed: 204; or 200 and where the walk stands, where it has gone on since its
        page was made. (No error: a browser would complain of one, and nothing was lost.)"""
        form = await Typed.of(request)
        walk = await desk.seen(request.path_params["id"], form.seq)
        if form.seq != walk.seq:
            return JSONResponse({"seq": walk.seq}, headers={"cache-control": "no-store"})
        said: Any = None
        if form.node == walk.state.frames[-1].node and walk.state.outcome is None:
            said = form.answer(walks.expects(await desk.tree_of(walk), walk))
            said = {"done": form.ticks()} if said is None and form.ticks() else said
        await desk.unsent.keep(walk, Draft(said, form.note[:MOST_NOTE]))
        return Response(status_code=204)

    return [Route("/walks/{id}/draft", draft, methods=["POST"])]
