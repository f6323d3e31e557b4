"""Signing in, as a server is set up for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from engine.stores.shelf import Shelf
from web.limits import KEY_CALLS, Calls
from web.signin import cookies
from web.signin.accounts import Accounts
from web.signin.audit import Audit
from web.signin.hosts import Embedding
from web.signin.keys import Keys
from web.signin.passes import Passes
from web.signin.provider import Provider
from web.signin.provider_settings import ProviderSettings
from web.signin.sessions import Sessions
from web.signin.tokens import Seals, seals_of
from web.signin.tries import Tries

ACCOUNTS: Final = "accounts"
PROVIDER: Final = "oidc"
_NO_HOSTS: Final = Embedding()


def _now() -> datetime:
    return datetime.now(UTC)


class SignIn:
    """``ways`` to sign in; without one the local person does everything. ``public_url``: what
    people open. ``self_service``: whether customers walk without signing in. ``key_calls``: how
    many a key may make in a minute; 0 without a bound."""

    def __init__(
        self,
        shelf: Shelf,
        clock: Callable[[], datetime] = _now,
        *,
        ways: frozenset[str] = frozenset(),
        public_url: str = "",
        self_service: bool = True,
        idle: timedelta = timedelta(minutes=60),
        most: timedelta = timedelta(hours=12),
        provider: ProviderSettings | None = None,
        embedding: Embedding = _NO_HOSTS,
        key_calls: int = KEY_CALLS,
    ) -> None:
        self.shelf = shelf
        self.clock = clock
        self.ways = ways
        self.public_url = public_url.rstrip("/")
        self.self_service = self_service
        self.accounts = Accounts(shelf)
        self.sessions = Sessions(shelf, self.accounts, clock, idle=idle, most=most)
        self.passes = Passes(shelf, clock, idle, most)
        self.embedding = embedding
        self.keys = Keys(shelf, clock)
        self.calls = Calls(key_calls)
        self.tries = Tries(shelf, clock)
        self.audit = Audit(shelf, clock)
        self.seals = Seals()
        self.provider = Provider(provider, clock) if provider and PROVIDER in ways else None

    async def ready(self) -> None:
        """Before the first request: the secret of this record. Raises StoreError."""
        self.seals = await seals_of(self.shelf)
        await self.shelf.swept(self.clock())

    def over_https(self, scope: Mapping[str, Any]) -> bool:
        return cookies.secure(scope, self.public_url)


def as_set(found: Mapping[str, Any], shelf: Shelf, clock: Callable[[], datetime]) -> SignIn:
    """From the settings of a server."""
    return SignIn(
        shelf, clock, ways=frozenset(found["sign_in"]), public_url=found["public_url"],
        self_service=found["self_service"] == "yes",
        idle=timedelta(minutes=found["session_idle"]), most=timedelta(hours=found["session_most"]),
        provider=found["oidc"] and replace(found["oidc"], secret=found["oidc_secret"]),
        embedding=Embedding(found["embed"], found["embed_values"] == "yes"),
        key_calls=found["key_calls"],
    )  # fmt: skip
