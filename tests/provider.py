"""A provider of OpenID Connect on this machine: a real server on a socket, with what can go wrong
with one to be turned on. It keeps to the rules more strictly than most: it checks the client's
secret, the address to come back to, and the verifier (PKCE), and takes each code once.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "fingerpost", "s3cret/with+signs"
_FIRST = RSAKey.generate_key(2048, {"kid": "one"})
Changes = Callable[[dict[str, Any]], None]


class Provider:
    """``says`` is what the next token says beside what it must; ``change`` may spoil the claims,
    ``sign`` the signing. ``seen`` are the calls that came."""

    def __init__(self) -> None:
        self.begin_anew()
        self._codes: dict[str, dict[str, str]] = {}
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/keys", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve([self.socket])), daemon=True
        )
        self.thread.start()

    def begin_anew(self) -> None:
        """As it should be, with nothing wrong."""
        self.key = _FIRST
        self.says: dict[str, Any] = {
            "sub": "248289761001",
            "name": "Jane Doe",
            "groups": ["staff"],
        }
        self.change: Changes = lambda claims: None
        self.sign: Callable[[dict[str, Any]], str] = self._sign
        self.about: dict[str, Any] = {}
        self.answers: dict[str, Response] = {}  # instead of the usual, by path
        self.info: dict[str, Any] = {}
        self.back: dict[str, str] = {}  # what comes back beside code and state
        self.seen: list[str] = []
        self.public_client = False  # it knows us by no secret

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()

    def _instead(self, request: Request) -> Response | None:
        self.seen.append(request.url.path)
        return self.answers.get(request.url.path)

    async def _discovery(self, request: Request) -> Response:
        return self._instead(request) or JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "end_session_endpoint": f"{self.issuer}/leave",
                "id_token_signing_alg_values_supported": ["RS256", "none"],
                **self.about,
            }
        )

    async def _keys(self, request: Request) -> Response:
        usual = JSONResponse({"keys": [self.key.as_dict(private=False)]})
        return self._instead(request) or usual

    async def _authorize(self, request: Request) -> Response:
        """Everybody who comes is signed in at once."""
        instead, asked = self._instead(request), dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], **self.back}
        back = {name: value for name, value in back.items() if value}
        return instead or RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 303)

    async def _token(self, request: Request) -> Response:
        instead = self._instead(request)
        if instead is not None:
            return instead
        fields = {
            name: value[0] for name, value in parse_qs((await request.body()).decode()).items()
        }
        asked = self._codes.pop(fields.get("code", ""), None)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(given).decode().partition(":")
        if self.public_client:
            assert not given
            assert fields["client_id"] == CLIENT
        elif scheme != "Basic" or (name, unquote_plus(secret)) != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        verifier = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).decode().rstrip("=")
        if (
            asked is None
            or fields.get("grant_type") != "authorization_code"
            or fields.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse(self._given(asked))

    def _given(self, asked: dict[str, str]) -> dict[str, Any]:
        now = int(time.time())
        access = secrets.token_urlsafe(16)
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="), **self.says,
        }  # fmt: skip
        self.change(claims)
        return {"access_token": access, "token_type": "Bearer", "id_token": self.sign(claims)}

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    async def _userinfo(self, request: Request) -> Response:
        return self._instead(request) or JSONResponse(self.info)
