"""Forms that only our own pages can have made: each carries the seal of the browser that it was
shown to.

A browser keeps a cookie of chance from its first form on; the seal is its HMAC under a secret of
this record's. It does not change: the back button, a second tab, a restart and signing in again in
between leave every page usable. (The guard refuses what another site's page sends; this is the
second wall.)
"""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from hashlib import sha256
from typing import Final

from markupsafe import Markup

from engine.errors import Changed, FingerpostError
from engine.stores.shelf import Shelf
from web.signin.people import asking

KIND: Final = "secret"
FIELD: Final = "token"
HERE: Final = "here"  # the browsers of this machine, on a server that nobody signs in to


class Forged(FingerpostError):
    """A form without the seal of the browser that sends it."""

    def __init__(self) -> None:
        super().__init__(
            "this form was not made for this browser, or its cookies are gone: go back, reload the page, and send it again"
        )


class Seals:
    """Seals under a secret; all processes of a record have the same."""

    def __init__(self, secret: str = "") -> None:
        self._secret = (secret or secrets.token_urlsafe(32)).encode()
        self.here = self.of("form", HERE)

    def of(self, purpose: str, text: str) -> str:
        found = hmac.digest(self._secret, f"{purpose}:{text}".encode(), sha256)
        return urlsafe_b64encode(found).decode().rstrip("=")


async def seals_of(shelf: Shelf) -> Seals:
    """With the secret of this record, which is made when it is first asked for. Raises StoreError."""
    kept = await shelf.got(KIND, FIELD)
    if kept is None:
        with suppress(Changed):  # another process was quicker
            await shelf.put(KIND, FIELD, {"secret": secrets.token_urlsafe(32)}, after=0)
        kept = await shelf.got(KIND, FIELD)
    assert kept is not None
    return Seals(str(kept.value["secret"]))


def field() -> Markup:
    """What every form of ours holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, asking().seal)


def check(sent: str, headers: Mapping[str, str]) -> None:
    """Raises Forged for a form without its seal. A program says who it is with each call, and no
    page can make it; nor has it seen a page of ours, where nobody signs in."""
    who = asking()
    if not who.seal or who.person.program:
        return
    if hmac.compare_digest(sent.encode(), who.seal.encode()):
        return
    by_program = "sec-fetch-site" not in headers and "origin" not in headers
    if not by_program or who.person.id != "local":
        raise Forged
