"""What customers open: one thing on a page, without signing in and without script."""

from __future__ import annotations

from starlette.routing import Route

from web.desk import Desk
from web.pages.help.beginning import beginning
from web.pages.help.noticing import noticing
from web.pages.help.taking import taking
from web.pages.help.walking import walking


def helping(desk: Desk) -> list[Route]:
    return [*walking(desk), *beginning(desk), *taking(desk), *noticing(desk)]
