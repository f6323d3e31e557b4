"""Private values at rest: encrypted under a key of their walk's own (not a store).

A walk's key is 32 bytes of chance, made with its first private value and dropped when they are
erased. Each value is sealed by AES-256-GCM and bound to its walk and reference, so that none can be
put in another's place. A store keeps what the vault gives: a row ``key`` for a walk, and a row for
each reference.

With *server keys* (from the settings; never in the store) the walks' keys are wrapped: then a copy
of the store alone opens nothing. The first server key wraps, all of them open: that is how one is
changed for another.

    key    00 KEY                            as it is
           01 ID NONCE AES-256-GCM(KEY)      wrapped by the server key that ID (8 bytes) names
    value  01 NONCE AES-256-GCM(JSON)

Chance is the system's, and the one thing in the engine that is not passed in by whoever calls:
nothing that a walk does hangs on it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import os
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from engine.errors import StoreError
from engine.stores.rows import ERASED_BODY

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE: Final = 12
_ID: Final = 8
_PLAIN, _SEALED = b"\0", b"\1"
_MARKED: Final = "keyed:"


class Locked(StoreError):
    """A walk's key is under a server key that is not set here; nothing is lost."""


class Broken(StoreError):
    """A walk's private values, or its key, are not as they were sealed."""


class Vault:
    """Seals and opens the private values of walks. ``keys`` are server keys of 32 bytes."""

    def __init__(self, keys: Iterable[bytes] = ()) -> None:
        self._keys = {_id(key): key for key in keys}
        if any(len(key) != KEY_BYTES for key in self._keys.values()):
            raise ValueError(f"a server key is {KEY_BYTES} bytes")

    def seal(
        self, walk: str, key: bytes | None, private: Mapping[str, Any]
    ) -> tuple[bytes, dict[str, bytes]]:
        """What to keep for these values: the row of the walk's key (``key``, or a new one where
        there is None yet), and a row by reference. Raises Locked, StoreError for what JSON has no
        word for."""
        row = self._wrapped(walk, os.urandom(KEY_BYTES)) if key is None else key
        cipher = _cipher(self._unwrapped(walk, row))
        return row, {
            ref: _sealed(cipher, _bound(walk, ref), _plain(v)) for ref, v in private.items()
        }

    def open(self, walk: str, key: bytes | None, values: Mapping[str, bytes]) -> dict[str, Any]:
        """The values of a walk by reference. Raises Locked, and StoreError where a row was altered
        or the key is gone that they need."""
        if not values:
            return {}
        if key is None:
            raise StoreError(
                f"the key to the private values of walk {walk} is gone from the record: restore it "
                "from a backup, or erase the values (fingerpost walks erase)"
            )
        cipher = _cipher(self._unwrapped(walk, key))
        return {
            ref: json.loads(_opened(cipher, _bound(walk, ref), value, walk))
            for ref, value in values.items()
        }

    def rewrapped(self, walk: str, key: bytes) -> bytes | None:
        """The row of a walk's key under the first server key; None where it stands so already.
        Raises Locked."""
        if self._newest() == key[1 : 1 + _ID] * (key[:1] == _SEALED):
            return None
        return self._wrapped(walk, self._unwrapped(walk, key))

    def mark(self, body: str) -> str:
        """What to keep of a call's digest. With a server key it is keyed: whoever has a copy of the
        store alone cannot find out by trying what was said. What was marked before stays as it is."""
        if not self._keys or body in ("", ERASED_BODY) or body.startswith(_MARKED):
            return body
        key = sha256(b"fingerpost calls\0" + self._keys[self._newest()]).digest()
        return _MARKED + hmac.digest(key, body.encode(), "sha256").hex()

    # -- a walk's key

    def _newest(self) -> bytes:
        return next(iter(self._keys), b"")

    def _wrapped(self, walk: str, key: bytes) -> bytes:
        id = self._newest()
        if not id:
            return _PLAIN + key
        return _SEALED + id + _sealed(_cipher(self._keys[id]), _bound(walk, ""), key)[1:]

    def _unwrapped(self, walk: str, row: bytes) -> bytes:
        kind, rest = row[:1], row[1:]
        if kind == _PLAIN and len(rest) == KEY_BYTES:
            return rest
        id, sealed = rest[:_ID], rest[_ID:]
        if kind != _SEALED or len(id) < _ID:
            raise _altered(walk)
        if id not in self._keys:
            raise Locked(
                f"the private values of walk {walk} are under the server key {id.hex()}, which is not "
                f"{'among those set' if self._keys else 'set'} here: add it to private_key "
                "(FINGERPOST_PRIVATE_KEY); what was recorded is all there"
            )
        return _opened(_cipher(self._keys[id]), _bound(walk, ""), _SEALED + sealed, walk)


def server_keys(text: str) -> tuple[bytes, ...]:
    """The keys in a setting: each 32 bytes in base64, with commas or blanks between. Raises
    ValueError with words that say nothing of a key.

    >>> server_keys("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=") == (bytes(32),)
    True
    """
    found = []
    for number, word in enumerate(text.replace(",", " ").split(), 1):
        try:
            key = base64.b64decode(word.translate(_URL_SAFE), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(
                f"key {number} is not {KEY_BYTES} bytes in base64: `openssl rand -base64 32` makes one"
            )
        found.append(key)
    return tuple(found)


_URL_SAFE: Final = str.maketrans("-_", "+/")


def _id(key: bytes) -> bytes:
    return sha256(b"fingerpost server key\0" + key).digest()[:_ID]


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # late: few commands need it

    return AESGCM(key)


def _bound(walk: str, ref: str) -> bytes:
    """What a sealed value is bound to; "" stands for the walk's key."""
    return json.dumps([walk, ref]).encode()


def _plain(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as wrong:
        raise StoreError(f"this cannot be written down: {type(wrong).__name__}") from None


def _sealed(cipher: AESGCM, bound: bytes, plain: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return _SEALED + nonce + cipher.encrypt(nonce, plain, bound)


def _opened(cipher: AESGCM, bound: bytes, sealed: bytes, walk: str) -> bytes:
    from cryptography.exceptions import InvalidTag

    nonce = sealed[1 : 1 + _NONCE]
    try:
        if sealed[:1] != _SEALED or len(nonce) < _NONCE:
            raise InvalidTag
        return cipher.decrypt(nonce, sealed[1 + _NONCE :], bound)
    except InvalidTag:
        raise _altered(walk) from None


def _altered(walk: str) -> StoreError:
    return Broken(
        f"the private values of walk {walk} were altered in the record: restore it from a backup"
    )
