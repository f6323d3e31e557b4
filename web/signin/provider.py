"""Signing in with a company's own provider, by OpenID Connect: what is sent there, and what comes
back.

The authorization code flow with PKCE. ``state`` is sealed for the browser that began, and the nonce
and the verifier are its seals: so nothing has to be kept in between, and what comes back to another
browser, or late, or altered, is of no use.
"""

from __future__ import annotations

import hmac
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from engine.model import Noun
from web.signin.id_token import Unbelieved, believed
from web.signin.provider_link import Link, ProviderFailed
from web.signin.provider_settings import ProviderSettings
from web.signin.tokens import Seals

ASKED_FOR: Final = 600  # seconds that somebody has to sign in there
BACK: Final = "/sign-in/back"
_LONGEST: Final = 4_000  # of a parameter that comes back


class Vouched(Noun, frozen=True):
    """Whom a provider vouches for, with what we make of what it says."""

    issuer: str
    subject: str
    name: str
    roles: frozenset[str]
    teams: frozenset[str]


class Provider:
    """One provider. ``clock`` says when a token has expired."""

    def __init__(self, settings: ProviderSettings, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._clock = clock
        self.link = Link(settings)

    async def begin(self, seals: Seals, browser: str, base: str, then: str) -> str:
        """The address at the provider where somebody signs in, who wants to go to ``then`` after.
        ``browser``: what his browser alone has. Raises ProviderFailed."""
        about = await self.link.about()
        asked = [int(self._clock().timestamp()), secrets.token_urlsafe(16), then]
        payload = urlsafe_b64encode(json.dumps(asked).encode()).decode().rstrip("=")
        state = f"{payload}.{seals.of('state', browser + payload)}"
        address: str = prepare_grant_uri(
            about["authorization_endpoint"], client_id=self.settings.client_id,
            response_type="code", redirect_uri=base + BACK, scope=self.settings.scopes, state=state,
            nonce=seals.of("nonce", state),
            code_challenge=create_s256_code_challenge(seals.of("verifier", state)),
            code_challenge_method="S256",
        )  # fmt: skip
        return address

    async def finish(
        self, seals: Seals, browser: str, base: str, came: Mapping[str, str]
    ) -> tuple[Vouched, str]:
        """Whom the provider vouches for in what came back, and where he wanted to go. Raises
        ProviderFailed."""
        state = came.get("state", "")
        then = self._asked(seals, browser, state)
        if "error" in came:
            raise ProviderFailed("the provider did not sign you in", reason=came["error"])
        if came.get("iss", self.settings.issuer) != self.settings.issuer:
            raise ProviderFailed("this came from another provider", reason="iss")
        code = came.get("code", "")
        if not 0 < len(code) < _LONGEST:
            raise ProviderFailed("the provider sent no code", reason="no code")
        given = await self.link.exchanged(code, seals.of("verifier", state), base + BACK)
        said = await self._believed(given, seals.of("nonce", state))
        claim = self.settings.roles_claim
        if claim not in said and isinstance(given.get("access_token"), str):
            said = await self.link.more(said, given["access_token"])
        return self._vouched(said), then

    def _asked(self, seals: Seals, browser: str, state: str) -> str:
        """Where the sign-in with this state was to lead. Raises ProviderFailed."""
        payload, _, seal = state.partition(".")
        right = seals.of("state", browser + payload)
        if not browser or not hmac.compare_digest(seal.encode(), right.encode()):
            raise ProviderFailed(
                "this sign-in was not begun in this browser, or its cookies are gone",
                reason="state",
            )
        at, _, then = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if not -60 <= self._clock().timestamp() - at <= ASKED_FOR:
            raise ProviderFailed("this sign-in took too long", reason="late")
        return str(then)

    async def _believed(self, given: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """What the token says; the provider's keys are read anew where they are others by now."""
        for again in (False, True):
            try:
                return believed(
                    given.get("id_token", ""), await self.link.keys(again=again),
                    issuer=self.settings.issuer, client_id=self.settings.client_id, nonce=nonce,
                    access_token=given.get("access_token", ""), now=self._clock(),
                )  # fmt: skip
            except Unbelieved as wrong:
                if again or not wrong.unknown_key:
                    raise ProviderFailed(
                        f"what the provider says of you is not believed: {wrong}", reason="token"
                    ) from None
        raise AssertionError("the second time it is believed or not")

    def _vouched(self, said: Mapping[str, Any]) -> Vouched:
        settings = self.settings
        found = said.get(settings.roles_claim, [])
        groups = {str(group) for group in (found if isinstance(found, list) else [found])}
        name = next(
            (said[n] for n in ("name", "preferred_username") if isinstance(said.get(n), str)), ""
        )
        return Vouched(
            settings.issuer, said["sub"], name,
            frozenset(settings.everybody) | {settings.roles[g] for g in groups & settings.roles.keys()},
            frozenset(settings.teams[g] for g in groups & settings.teams.keys()),
        )  # fmt: skip

    async def leaving(self, base: str) -> str:
        """Where one signs out at the provider too; "" where there is no such place."""
        try:
            end = (await self.link.about()).get("end_session_endpoint", "")
        except ProviderFailed:
            return ""
        back = {
            "client_id": self.settings.client_id,
            "post_logout_redirect_uri": f"{base}/sign-in",
        }
        return f"{end}{'&' if '?' in end else '?'}{urlencode(back)}" if end else ""
