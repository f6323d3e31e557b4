"""What each role may: every address of the server, and how far the right to it goes.

This table is the rule. An address without a line is not served, and the server does not start with
one; a test walks through every address with every role; `docs/security.md` prints the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from engine.model import Tree, Walk
from web.signin.people import STAFF, Reach, asking

NONE, OWN, TEAM, ALL = Reach
Right = Mapping[str, Reach]  # a role or a scope -> how far; one that is not named has none

EVERYONE: Final = "everyone"  # whether or not he is anybody

_SELF: Final[Right] = dict.fromkeys(STAFF, OWN)
_PUBLIC: Final[Right] = {EVERYONE: ALL}
_STAFF: Final[Right] = {"agent": TEAM, "author": OWN, "supervisor": ALL, "admin": ALL}
_LISTS: Final[Right] = {**_STAFF, "agent": OWN}  # what was handed over has no list yet
_WALKING: Final[Right] = {"customer": OWN, **_STAFF}
_CUSTOMERS_TREES: Final[Right] = {
    "customer": OWN, "agent": ALL, "author": ALL, "supervisor": ALL, "admin": ALL,
}  # fmt: skip
_TREES: Final[Right] = {
    "agent": ALL, "author": ALL, "supervisor": ALL, "admin": ALL, "read:trees": ALL, "walk": ALL,
}  # fmt: skip
_MOVING: Final[Right] = {**_STAFF, "walk": OWN}
_READING: Final[Right] = {**_STAFF, "walk": OWN, "read:walks": ALL}
_AUTHORS: Final[Right] = {"author": ALL, "supervisor": ALL, "admin": ALL}
_FIGURES: Final[Right] = {"supervisor": ALL, "admin": ALL, "reports": ALL}

RIGHTS: Final[Mapping[str, Right]] = {
    # anybody
    "GET /healthz": _PUBLIC,
    "GET /readyz": _PUBLIC,
    "GET /static/{name}": _PUBLIC,
    "GET /sign-in": _PUBLIC,
    "POST /sign-in": _PUBLIC,
    "GET /sign-in/provider": _PUBLIC,
    "GET /sign-in/back": _PUBLIC,
    "POST /sign-out": _PUBLIC,
    "POST /language": _PUBLIC,
    # pages
    "GET /": _LISTS,
    "GET /walks": _LISTS,
    "GET /account": _SELF,
    "POST /account/password": _SELF,
    "POST /account/sessions": _SELF,
    "GET /media/{path:path}": _CUSTOMERS_TREES,
    "GET /start/{tree}": _CUSTOMERS_TREES,
    "POST /start/{tree}": _CUSTOMERS_TREES,
    "GET /walks/{id}": _WALKING,
    "GET /walks/{id}/{seq}": _WALKING,
    "GET /walks/{id}/change/{target:int}": _WALKING,
    "POST /walks/{id}/change/{target:int}": _WALKING,
    "POST /walks/{id}/answer": _WALKING,
    "POST /walks/{id}/action": _WALKING,
    "POST /walks/{id}/back": _WALKING,
    "POST /walks/{id}/anytime": _WALKING,
    "POST /walks/{id}/language": _WALKING,
    "POST /walks/{id}/notes": _WALKING,
    "POST /walks/{id}/close": _STAFF,
    "GET /walks/{id}/summary.txt": _STAFF,
    "POST /walks/{id}/remark": _STAFF,
    "POST /pins": _SELF,
    "GET /remarks": _SELF,
    "GET /studio/remarks": _AUTHORS,
    "POST /studio/remarks/{id}": _AUTHORS,
    # programs
    "GET /api/v1/openapi.json": _PUBLIC,
    "GET /api/v1/trees": _TREES,
    "GET /api/v1/trees/{tree}": _TREES,
    "GET /api/v1/trees/{tree}/graph": _TREES,
    "GET /api/v1/trees/{tree}/findings": _TREES,
    "POST /api/v1/walks": _MOVING,
    "POST /api/v1/walks/{id}/events": _MOVING,
    "POST /api/v1/walks/{id}/rebase": _MOVING,
    "GET /api/v1/walks/{id}/text": _READING,
    "POST /api/v1/walks/{id}/text": _MOVING,
    "GET /api/v1/walks/{id}/voice": _READING,
    "POST /api/v1/walks/{id}/voice": _MOVING,
    "GET /api/v1/walks/{id}": _READING,
    "GET /api/v1/walks/{id}/path": _READING,
    "GET /api/v1/walks/{id}/path.csv": _READING,
    "GET /api/v1/walks/{id}/events": _READING,
    "GET /api/v1/walks/{id}/events.csv": _READING,
    "GET /api/v1/walks/{id}/transcript": {**_READING, "customer": OWN},
    "GET /api/v1/walks/{id}/transcript.csv": _READING,
    "GET /metrics": _FIGURES,
}


def reach(address: str, roles: Collection[str]) -> Reach:
    """How far somebody with these roles gets at an address (``GET /walks/{id}``). Raises KeyError
    for an address that has no line."""
    right = RIGHTS[address]
    return max((right.get(role, NONE) for role in (*roles, EVERYONE)), default=NONE)


def may(address: str) -> bool:
    """Whether whoever asks may go to an address: what leads there is shown to him or not."""
    return reach(address, asking().person.roles) > NONE


def sees_tree(tree: Tree) -> bool:
    """Whether this tree is there for whoever asks: a customer is shown those for customers."""
    return not asking().person.customer or "customer" in tree.audience


def sees_all() -> bool:
    return asking().reach is ALL


def sees_walk(walk: Walk, began: str) -> bool:
    """Whether this walk is there for whoever asks. ``began``: who began it."""
    who = asking()
    if sees_all() or began == who.person.id:
        return True
    return who.reach is TEAM and not who.person.teams.isdisjoint(handed_to(walk))


def handed_to(walk: Walk) -> frozenset[str]:
    """The teams whose turn it is, in a walk that waits for one or has ended with them."""
    state = walk.state
    ended = state.outcome.hand_to if state.outcome is not None else ()
    waiting = (state.request.by,) if state.request is not None and state.request.by else ()
    return frozenset((*ended, *waiting))


def whose() -> str:
    """The one whose walks alone are listed for whoever asks; "" for those of everybody."""
    return "" if sees_all() else asking().person.id
