"""Everything that the engine raises on purpose, by what the caller can do about it.

FingerpostError
├── InvalidTree     mend the file; ``findings`` says where, all of it at once
├── InvalidAnswer   ask again; ``field`` and ``message`` say what is wrong; nothing has changed
├── Conflict        somebody moved the walk meanwhile; read it again and show the newer state
├── Changed         what was to be changed is not as it was read; read it again
├── NotThere        no walk, tree or plug of that name; ``known`` are those that there are
├── ClientIdReused  the same client_id came with another body; make a new one
├── StoreError      the record cannot be read or written; the sentence says why and what to do
│   └── Altered     what is kept as an event is none; ``event`` is its number
├── Refused         the move is not possible here (nothing to go back to, the walk has ended)
└── Fault           what checks prove cannot happen did; the log is as it was
    └── EmptyValue  a value was read while it is empty; ``name`` says which
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.model import Finding


class FingerpostError(Exception):
    """Base of every error raised on purpose."""


class InvalidTree(FingerpostError):
    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(f"{f.mark}: {f.message}" for f in self.findings))


class InvalidAnswer(FingerpostError):
    """``field`` is "" where the message is about the answer as a whole; ``others`` are further
    (field, message) pairs of the same form, so that a page shows all of them at once."""

    def __init__(self, field: str, message: str, others: Iterable[tuple[str, str]] = ()) -> None:
        self.field, self.message = field, message
        self.fields = ((field, message), *others)
        super().__init__(f"{field}: {message}" if field else message)


class Conflict(FingerpostError):
    def __init__(self, walk: str, expected: int, actual: int) -> None:
        self.walk, self.expected, self.actual = walk, expected, actual
        super().__init__(
            f"walk {walk} stands at event {actual}, not {expected}: somebody moved it meanwhile. "
            "Read it again."
        )


class Changed(FingerpostError):
    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"this {kind} was changed meanwhile: look at it again")


class NotThere(FingerpostError):
    def __init__(self, what: str, name: str, known: Iterable[str] = ()) -> None:
        self.what, self.name, self.known = what, name, tuple(sorted(known))
        super().__init__(f"there is no {what} {name!r}{near(name, self.known)}")


class ClientIdReused(FingerpostError):
    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"the client_id {client_id!r} came before with another body: "
            "send the same again, or make a new id"
        )


class StoreError(FingerpostError):
    pass


class Refused(FingerpostError):
    pass


class Altered(StoreError):
    def __init__(self, walk: str, event: int) -> None:
        self.walk, self.event = walk, event
        super().__init__(f"event {event} of walk {walk} is no event: it was altered")


class Fault(FingerpostError):
    """``event`` is the number of the event that it is about; 0 for none."""

    event = 0


class EmptyValue(Fault):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} is read while it is empty")


def near(name: str, known: Iterable[str]) -> str:
    """A 'did you mean' to put behind a message, or nothing.

    >>> near("ligths", ["lights", "reboot"])
    ". Did you mean 'lights'?"
    """
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f". Did you mean {close[0]!r}?" if close else ""
