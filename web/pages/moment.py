"""One moment: the page of an action that is being done, which comes again by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from starlette.responses import Response

from engine import walk as walks
from engine.model import ActionFinished, Event, Tree, Walk
from web.actions.waiting import BY
from web.pages import views
from web.pages.looks import page

_LONG: Final = 4  # seconds after which whoever waits is offered to do it by hand
_SELDOM: Final = 10  # seconds between two looks, at most


def came(event: Event) -> bool:
    """Whether it is the result of an action that a server performed."""
    return isinstance(event, ActionFinished) and event.actor == BY


def may_be_both(walk: Walk) -> bool:
    """Whether no harm comes of it if somebody leaves what is being done, or does it too."""
    return walk.state.request is None or not walk.state.request.unsure


def moment(
    tree: Tree, walk: Walk, now: datetime, common: Mapping[str, Any], status: int
) -> Response:
    """What is being done, and the page again in a while: at first often, then more seldom."""
    request, task = walk.state.request, walks.task(tree, walk)
    assert request is not None
    assert task is not None
    since = 0 if request.begun is None else max(0, int((now - request.begun.at).total_seconds()))
    seconds = min(_SELDOM, 1 + since // 3)
    by_hand = walk.about.audience == "agent" and since >= _LONG and may_be_both(walk)
    shown = views.WaitingPage(
        say=task.say, hint=task.hint, by_hand=by_hand, waiting=seconds, **common
    )
    response = page("waiting.html", shown, status)
    response.headers["refresh"] = f"{seconds}; url=/walks/{walk.id}"
    return response
