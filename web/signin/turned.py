"""Why somebody was turned away, and what he can do about it."""

from __future__ import annotations

from engine.errors import FingerpostError


class NotSignedIn(FingerpostError):
    """Nobody is signed in, or no more (``lapsed``), or the key is none (``invalid``)."""

    def __init__(self, *, lapsed: bool = False, invalid: bool = False) -> None:
        self.lapsed, self.invalid = lapsed, invalid
        words = (
            "this key is none, or not any more: make one with `fingerpost keys add`"
            if invalid
            else "you were signed out: sign in again"
            if lapsed
            else "sign in first; a program sends a key, as `Authorization: Bearer fp_…`"
        )
        super().__init__(words)


class InSelfService(FingerpostError):
    """A customer at a page of the console. ``there``: the address of the same in self-service, with
    the parts of his own address in braces; "" where there is no such thing."""

    def __init__(self, there: str) -> None:
        self.there = there
        super().__init__("this is for those who work here: customers have it at /help")


class NotAllowed(FingerpostError):
    """Who asks is known, and may not. ``scope``: what his key is not for."""

    def __init__(self, words: str, scope: str = "") -> None:
        self.scope = scope
        super().__init__(words)
