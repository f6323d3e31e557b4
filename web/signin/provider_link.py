"""The calls to a provider: what it offers, its keys, a code for a token.

Nothing is followed elsewhere, little is read, and whoever waits is told within seconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from time import monotonic
from typing import Any, Final
from urllib.parse import quote_plus

import httpx2
from authlib.oauth2.auth import ClientAuth

from engine.errors import FingerpostError
from web import logs
from web.signin.provider_settings import ProviderSettings, safe

_PATIENCE: Final = 5.0  # seconds
_LARGEST: Final = 500_000  # bytes of an answer
_FRESH: Final = 3_600.0  # seconds for which what it offers, and its keys, are not read again
_SELDOM: Final = 30.0  # seconds between two readings of keys, however many tokens ask for it
_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderFailed(FingerpostError):
    """Nobody was signed in: why, for whoever tried. ``reason``: the same for the audit log, in a
    word. ``away``: the provider cannot be reached, or answers nonsense."""

    def __init__(self, words: str, *, reason: str, away: bool = False) -> None:
        self.reason = reason[:60]
        self.away = away
        super().__init__(words)


class Link:
    def __init__(self, settings: ProviderSettings) -> None:
        self.settings = settings
        self._about: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, Mapping[str, Any]] | None = None

    async def about(self) -> Mapping[str, Any]:
        """What the provider says of itself. Raises ProviderFailed."""
        if self._about is not None and monotonic() - self._about[0] < _FRESH:
            return self._about[1]
        issuer = self.settings.issuer
        found = await self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderFailed(
                "the provider calls itself otherwise than in our settings",
                reason="issuer",
                away=True,
            )
        for name in _NEEDED:
            if not safe(str(found.get(name, ""))):
                raise ProviderFailed(
                    f"the provider names no safe {name}", reason="discovery", away=True
                )
        self._about = monotonic(), found
        return found

    async def keys(self, *, again: bool = False) -> Mapping[str, Any]:
        """The provider's public keys; ``again``: perhaps they are others by now. Raises
        ProviderFailed."""
        least = _SELDOM if again else _FRESH
        if self._keys is not None and monotonic() - self._keys[0] < least:
            return self._keys[1]
        found = await self._json("GET", (await self.about())["jwks_uri"])
        if not isinstance(found.get("keys"), list):
            raise ProviderFailed("the provider has no keys", reason="keys", away=True)
        self._keys = monotonic(), found
        return found

    async def exchanged(self, code: str, verifier: str, back: str) -> Mapping[str, Any]:
        """The tokens for a code. Raises ProviderFailed."""
        about = await self.about()
        fields = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": back,
            "code_verifier": verifier,
        }  # fmt: skip
        body = str(httpx2.QueryParams(fields))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        url, headers, body = self._client(about).prepare(
            "POST", about["token_endpoint"], headers, body
        )
        return await self._json("POST", url, headers=headers, content=body)

    def _client(self, about: Mapping[str, Any]) -> Any:
        """How we say who we are: by the way that the provider knows, the usual one first."""
        known = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        id, secret = self.settings.client_id, self.settings.secret
        if not secret:
            return ClientAuth(id, secret, "none")
        if "client_secret_basic" not in known:
            return ClientAuth(id, secret, "client_secret_post")
        # (RFC 6749, 2.3.1: both are encoded as in a form before they go into the header.)
        return ClientAuth(quote_plus(id), quote_plus(secret), "client_secret_basic")

    async def more(self, said: Mapping[str, Any], access_token: str) -> dict[str, Any]:
        """What the provider says of somebody beside his token, where it says it of the same one."""
        where = (await self.about()).get("userinfo_endpoint", "")
        if not safe(str(where)):
            return dict(said)
        headers = {"authorization": f"Bearer {access_token}"}
        found = await self._json("GET", where, headers=headers)
        if found.get("sub") != said["sub"]:
            raise ProviderFailed("the provider speaks of two people", reason="userinfo")
        return {**found, **said}

    async def _json(self, method: str, url: str, **about: Any) -> dict[str, Any]:
        try:
            async with (
                httpx2.AsyncClient(
                    timeout=_PATIENCE, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(method, url, **about) as answer,
            ):
                body = b""
                async for part in answer.aiter_bytes():
                    body += part
                    if len(body) > _LARGEST:
                        raise ValueError("too large")
                found = json.loads(body)
                status = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as wrong:
            logs.log.warning("provider", what=type(wrong).__name__)
            raise ProviderFailed(
                "the provider cannot be reached, or answers nonsense: try again in a moment",
                reason="away", away=True,
            ) from None  # fmt: skip
        if not isinstance(found, dict) or status != 200:
            error = str(found.get("error", status)) if isinstance(found, dict) else str(status)
            raise ProviderFailed(
                "the provider refused this sign-in: begin again", reason=f"refused {error}"
            )
        return found
