"""What each role may: every address of the server, and how far the right to it goes.

This table is the rule. An address without a line is not served, and the server does not start with
one; a test walks through every address with every role; `docs/security.md` prints the table.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from engine.duties import holders, person, team
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
_SUPERVISORS: Final[Right] = {"supervisor": ALL, "admin": ALL}
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
    "GET /embed/{tree}": _PUBLIC,
    "POST /embed/{tree}": _PUBLIC,
    # pages
    "GET /": _LISTS,
    "GET /walks": _LISTS,
    "GET /account": _SELF,
    "POST /account/password": _SELF,
    "POST /account/sessions": _SELF,
    "GET /media/{path:path}": _CUSTOMERS_TREES,
    "GET /start/{tree}": _CUSTOMERS_TREES,
    "POST /start/{tree}": _CUSTOMERS_TREES,
    "GET /walks/{id}": _STAFF,
    "GET /walks/{id}/{seq}": _STAFF,
    "GET /walks/{id}/change/{target:int}": _STAFF,
    "POST /walks/{id}/change/{target:int}": _STAFF,
    "POST /walks/{id}/answer": _STAFF,
    "POST /walks/{id}/action": _STAFF,
    "POST /walks/{id}/back": _STAFF,
    "POST /walks/{id}/anytime": _STAFF,
    "POST /walks/{id}/language": _STAFF,
    "POST /walks/{id}/notes": _STAFF,
    "POST /walks/{id}/draft": _STAFF,
    "POST /walks/{id}/close": _STAFF,
    "POST /walks/{id}/leave": _STAFF,
    "GET /walks/{id}/hand-over": _STAFF,
    "POST /walks/{id}/hand-over": _STAFF,
    "POST /walks/{id}/park": _STAFF,
    "POST /walks/{id}/take": _STAFF,
    "POST /walks/{id}/decide": _STAFF,
    "POST /walks/{id}/follow-up": _STAFF,
    "GET /walks/{id}/follow-up.ics": _STAFF,
    "GET /queues": _STAFF,
    "GET /follow-ups": _STAFF,
    "GET /follow-ups.ics": _PUBLIC,
    "POST /follow-ups/feed": _SELF,
    "GET /walks/{id}/summary.txt": _STAFF,
    "GET /walks/{id}/ahead": _STAFF,
    "POST /walks/{id}/ahead": _STAFF,
    "POST /walks/{id}/remark": _STAFF,
    # self-service
    "GET /help": _WALKING,
    "GET /help/{tree}": _WALKING,
    "POST /help/{tree}": _WALKING,
    "GET /help/walks/{id}": _WALKING,
    "GET /help/walks/{id}/{seq}": _WALKING,
    "GET /help/walks/{id}/code": _WALKING,
    "GET /help/walks/{id}/steps.txt": _WALKING,
    "POST /help/walks/{id}/answer": _WALKING,
    "POST /help/walks/{id}/tried": _WALKING,
    "POST /help/walks/{id}/back": _WALKING,
    "POST /help/walks/{id}/anytime": _WALKING,
    "POST /help/walks/{id}/language": _WALKING,
    "POST /help/walks/{id}/person": _WALKING,
    "POST /help/walks/{id}/survey": _WALKING,
    "GET /codes": _STAFF,
    "POST /codes": _STAFF,
    "GET /notices": _SUPERVISORS,
    "POST /notices": _SUPERVISORS,
    "POST /notices/{id}/drop": _SUPERVISORS,
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
    "GET /api/v1/walks": {**_LISTS, "walk": OWN, "read:walks": ALL},
    "GET /api/v1/queues": {**_STAFF, "read:walks": ALL},
    "GET /api/v1/follow-ups": {**_STAFF, "read:walks": ALL},
    "POST /api/v1/walks/{id}/events": _MOVING,
    "POST /api/v1/walks/{id}/rebase": _MOVING,
    "GET /api/v1/walks/{id}/ahead": _READING,
    "POST /api/v1/walks/{id}/ahead": _MOVING,
    "GET /api/v1/walks/{id}/summary": _READING,
    "GET /api/v1/remarks": {**_AUTHORS, "agent": OWN, "walk": OWN, "read:walks": ALL},
    "POST /api/v1/remarks": _MOVING,
    "POST /api/v1/remarks/{id}/reply": _AUTHORS,
    "GET /api/v1/notices": _SUPERVISORS,
    "POST /api/v1/notices": _SUPERVISORS,
    "DELETE /api/v1/notices/{id}": _SUPERVISORS,
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

# Where a customer is led from the console's pages: to what is the same in self-service, which has its
# own bounds; "" where nothing is. He comes here by a link of an agent's, or by an old page.
IN_SELF_SERVICE: Final[Mapping[str, str]] = {
    "GET /walks/{id}": "/help/walks/{id}",
    "GET /walks/{id}/{seq}": "/help/walks/{id}/{seq}",
    "GET /walks/{id}/change/{target:int}": "/help/walks/{id}",
    "POST /walks/{id}/change/{target:int}": "",
    "POST /walks/{id}/answer": "/help/walks/{id}/answer",
    "POST /walks/{id}/action": "/help/walks/{id}/answer",
    "POST /walks/{id}/back": "/help/walks/{id}/back",
    "POST /walks/{id}/anytime": "/help/walks/{id}/anytime",
    "POST /walks/{id}/language": "/help/walks/{id}/language",
    "POST /walks/{id}/notes": "",
    "POST /walks/{id}/draft": "",
}


def reach(address: str, roles: Collection[str]) -> Reach:
    """How far somebody with these roles gets at an address (``GET /walks/{id}``). Raises KeyError
    for an address that has no line."""
    right = RIGHTS[address]
    return max((right.get(role, NONE) for role in (*roles, EVERYONE)), default=NONE)


def may(address: str) -> bool:
    """Whether whoever asks may go to an address: what leads there is shown to him or not."""
    who = asking()
    return reach(address, who.person.roles) > NONE and (who.frame is None or framed(address))


def framed(address: str) -> bool:
    """Whether an address is served within another's page: what belongs to one walk, and customers'
    pages."""
    method, _, path = address.partition(" ")
    reading = method == "GET" and path.startswith("/api/v1/walks/{id}/")
    return reading or path == "/language" or path.startswith(("/walks/{id}", "/help", "/media/"))


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
    found = holders(walk, began)
    if person(who.person.id) in found:
        return True
    return who.reach is TEAM and not found.isdisjoint(map(team, who.person.teams))


def acts_for(name: str) -> bool:
    """Whether whoever asks may say how an action of this team went: its people, those who see all
    walks, and programs, which bring its word from elsewhere."""
    who = asking()
    return sees_all() or who.person.program or name in who.person.teams


def whose() -> str:
    """The one whose walks alone are listed for whoever asks; "" for those of everybody."""
    return "" if sees_all() else asking().person.id
