"""What a host's token says of whoever sits before its page: a signed introduction (JWT).

It is believed only if every part of it is right: signed by the key of the host that it names, with
the one algorithm of that key; for this tree; young, and with an end. (That it is used once is seen
to in `passes.py`.)
"""

from __future__ import annotations

import warnings
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey
from joserfc.jws import JWSRegistry

from engine.model import Noun
from web.signin.hosts import HostKey, origin

FOR: Final = "fingerpost"  # the audience (`aud`) of such a token
LONGEST: Final = 600  # seconds from its making to its end
_LEEWAY: Final = 60  # seconds that two clocks may be apart
_LARGEST: Final = 16_000


class Introduction(Noun, frozen=True, kw_only=True):
    """The claims of a token. ``jti`` makes it good for one use; ``case`` names the walk, so that
    the same case is the same walk again; ``origin`` is the page that it is for."""

    iss: str
    aud: str | list[str]
    iat: int | float
    exp: int | float
    jti: str
    tree: str
    audience: str
    sub: str = ""
    name: str = ""
    language: str = ""
    reference: str = ""
    case: str = ""
    origin: str = ""
    given: Mapping[str, Any] = {}


class Unintroduced(Exception):
    """Why nobody is let in. ``code``: one word for programs; the words are the end of a sentence."""

    def __init__(self, code: str, words: str) -> None:
        self.code = code
        super().__init__(words)


def introduced(
    token: str, keys: Mapping[str, HostKey], *, tree: str, host: str, now: datetime
) -> Introduction:
    """What a token says, if it is signed by a host that is known, and for this tree and page.
    Raises Unintroduced."""
    found = _read(_signed(token, keys))
    if FOR not in ([found.aud] if isinstance(found.aud, str) else found.aud):
        raise Unintroduced("forged", f"the token is for another program: its aud is not {FOR!r}")
    _young(found, now.timestamp())
    if found.tree != tree:
        raise Unintroduced("tree", f"the token is for the tree {found.tree[:100]!r}")
    if found.origin and origin(found.origin) != host:
        raise Unintroduced("origin", "the token is for another page")
    if not 8 <= len(found.jti) <= 200:
        raise Unintroduced("claims", "jti has 8 to 200 characters: chance, another for each token")
    _speaks(found, keys[found.iss])
    return found


def _speaks(found: Introduction, key: HostKey) -> None:
    """That this host may say this."""
    if found.audience not in key.audiences:
        raise Unintroduced(
            "audience", f"the host may not speak for the audience {found.audience[:40]!r}"
        )
    if key.trees and found.tree not in key.trees:
        raise Unintroduced("tree", "the host may not open this tree")
    if found.audience == "agent" and not found.sub:
        raise Unintroduced("claims", "a token for an agent says who he is: sub")
    if max(len(found.sub), len(found.name), len(found.case), len(found.reference)) > 200:
        raise Unintroduced("claims", "sub, name, case and reference have at most 200 characters")


def _signed(token: str, keys: Mapping[str, HostKey]) -> Mapping[str, Any]:
    """The claims of a token whose signature is that of the host which it names."""
    forged = Unintroduced("forged", "the token is not signed by a host that is known here")
    if not 0 < len(token) < _LARGEST or not token.isascii():
        raise forged
    try:
        said = msgspec.json.decode(_part(token))
        key = keys[said["iss"]]
        names = ["HS256"] if key.secret else ["EdDSA", "Ed25519"]
        with warnings.catch_warnings():  # RFC 9864 calls EdDSA Ed25519: hosts write the older word
            warnings.simplefilter("ignore")
            known = (
                OctKey.import_key(key.secret) if key.secret else OKPKey.import_key(key.public_key)
            )
            registry = JWSRegistry(algorithms=names, strict_check_header=False)
            claims: Mapping[str, Any] = jwt.decode(token, known, registry=registry).claims
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise forged from None
    return claims


def _part(token: str) -> bytes:
    """The claims as they stand there, before anybody believes them."""
    part = token.split(".")[1] if token.count(".") == 2 else ""
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _read(claims: Mapping[str, Any]) -> Introduction:
    try:
        return msgspec.convert(dict(claims), Introduction)
    except msgspec.ValidationError as wrong:
        raise Unintroduced(
            "claims", f"a claim is missing or is not what it should be: {wrong}"
        ) from None


def _young(found: Introduction, now: float) -> None:
    if not found.iat - _LEEWAY <= now:
        raise Unintroduced("expired", "the token comes from the future: check the clocks")
    if not 0 < found.exp - found.iat <= LONGEST:
        raise Unintroduced("claims", f"exp lies at most {LONGEST} seconds behind iat")
    if now >= found.exp + _LEEWAY:
        raise Unintroduced(
            "expired", "the token has expired: the page around this one makes a new one"
        )
