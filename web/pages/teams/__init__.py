"""Hand-over and teams: queues, what is parked and promised, and the moves that bring a walk there."""

from __future__ import annotations

from starlette.routing import Route

from web.desk import Desk
from web.pages.teams.following import following
from web.pages.teams.leaving import leaving
from web.pages.teams.queues import queues
from web.teams import Counts


def teams(desk: Desk, counts: Counts) -> list[Route]:
    return [*leaving(desk, counts), *queues(desk, counts), *following(desk, counts)]
