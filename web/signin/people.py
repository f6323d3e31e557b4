"""Who asks: a person, a program with a key, a customer's browser, or the server itself.

Whoever asks is known for as long as his request is answered, in the task that answers it. Outside
of requests, and on a server that nobody signs in to, it is the local person, who may do all.
"""

from __future__ import annotations

from contextvars import ContextVar
from enum import IntEnum
from typing import Final

from engine.model import Noun

CUSTOMER: Final = "customer"
STAFF: Final = ("agent", "author", "supervisor", "admin")
ROLES: Final = (CUSTOMER, *STAFF)
# What a program's key may be for; `admin` is the role's name too, and means the same.
SCOPES: Final = ("read:trees", "walk", "read:walks", "reports", "admin")


class Reach(IntEnum):
    """How far a right goes: over nothing; what is one's own (a customer's trees: those for
    customers); one's own and what was handed to one's teams; everything."""

    NONE = 0
    OWN = 1
    TEAM = 2
    ALL = 3


class Person(Noun, frozen=True):
    """``id`` is what the record says: it stays when a name changes, and nobody can be written to
    with it. ``roles`` are a person's roles, or a key's scopes."""

    id: str
    name: str = ""
    roles: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    program: bool = False

    @property
    def customer(self) -> bool:
        """Whether he is nothing but a customer."""
        return self.roles <= {CUSTOMER}


class Frame(Noun, frozen=True):
    """Our page within another's: who sits before it, the origin of the page around it, and where
    our addresses begin there (`passes.py`). ``language``: what was chosen at the foot of a page."""

    person: Person
    host: str
    begins: str
    language: str = ""


class Asking(Noun, frozen=True):
    """A person while he asks: how far his right to this address goes. ``seal``: what his forms are
    sealed with (`tokens.py`). ``lapsed``: he was signed in, and is no more. ``frame``: he asks from
    within another's page."""

    person: Person
    reach: Reach = Reach.ALL
    seal: str = ""
    lapsed: bool = False
    frame: Frame | None = None


LOCAL: Final = Person("local", "", frozenset(STAFF))
NOBODY: Final = Person("nobody")  # of whom nothing is known, not even a browser
SERVER: Final = Person("server", "", frozenset(STAFF))

_LOCALLY: Final = Asking(LOCAL)
_asking: ContextVar[Asking] = ContextVar("asking", default=_LOCALLY)


def asking() -> Asking:
    """Who asks just now."""
    return _asking.get()


def asked_by(found: Asking) -> None:
    """From here on, in this task, it is he who asks."""
    _asking.set(found)
