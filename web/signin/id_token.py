"""What a provider says of somebody: an ID token, believed only if every part of it is right.

Algorithms are those with a public key: neither ``none``, nor one whose key is the secret that we
share with the provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import (
    ExpiredTokenError,
    InvalidClaimError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
)
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
)  # fmt: skip
_LEEWAY: Final = 60  # seconds that two clocks may be apart
_LARGEST: Final = 64_000

_CLAIMS: Final[Mapping[str, str]] = {
    "iss": "it comes from another provider",
    "aud": "it is for another program",
    "azp": "it is for another program",
    "nonce": "it belongs to another sign-in",
    "at_hash": "it belongs to another answer of the provider",
    "iat": "it comes from the future: check the clocks",
    "nbf": "it is not good yet: check the clocks",
    "exp": "it has no end",
    "sub": "it says of nobody",
}


class Unbelieved(Exception):
    """Why a token is not believed, as the end of a sentence. ``unknown_key``: perhaps because the
    provider has other keys by now."""

    def __init__(self, why: str, *, unknown_key: bool = False) -> None:
        self.unknown_key = unknown_key
        super().__init__(why)


def believed(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str,
    access_token: str, now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """What a token says, if it is signed by one of the keys, and for us. Raises Unbelieved."""
    if not isinstance(token, str) or not 0 < len(token) < _LARGEST:
        raise Unbelieved("there is none")
    try:
        read = jwt.decode(token, KeySet.import_key_set(keys), registry=_registry())  # type: ignore[arg-type]
    except InvalidKeyIdError:
        raise Unbelieved(
            "it is signed with a key that is not the provider's", unknown_key=True
        ) from None
    except (JoseError, ValueError, TypeError, KeyError):
        raise Unbelieved("its signature is not the provider's", unknown_key=True) from None
    found = CodeIDToken(
        read.claims, read.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )  # fmt: skip
    try:
        found.validate(int(now.timestamp()), _LEEWAY)
    except ExpiredTokenError:
        raise Unbelieved("it has expired: check the clocks, and try again") from None
    except (MissingClaimError, InvalidClaimError) as wrong:
        raise Unbelieved(_CLAIMS.get(_claim(wrong), f"{_claim(wrong)!r} is wrong in it")) from None
    except (JoseError, ValueError, TypeError):
        raise Unbelieved("what it says makes no sense") from None
    if not isinstance(found.get("sub"), str) or not found["sub"]:
        raise Unbelieved(_CLAIMS["sub"])
    return dict(found)


def _registry() -> JWSRegistry:
    return JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)


def _claim(wrong: Exception) -> str:
    return str(getattr(wrong, "claim", "") or "")[:40]
