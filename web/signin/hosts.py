"""Programs whose pages hold ours in a frame: what a server's settings say of them, and which pages
may be the ones around ours.

    [embed.crm]                            # the name that its tokens have as `iss`
    secret = "…"                           # HS256: 32 characters at least, known to both sides
    # public_key = "-----BEGIN PUBLIC KEY-----…"   # EdDSA instead: nothing secret lies here
    audiences = ["agent"]                  # whom it may speak for; unset, agents and customers
    trees = ["internet_down"]              # and on which trees; unset, all
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from engine.model import Noun

AUDIENCES: Final = ("agent", "customer")
LEAST: Final = 32  # characters of a secret: as many bytes as HS256 has
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?")


class HostKey(Noun, frozen=True, forbid_unknown_fields=True):
    """By what the tokens of a host are known. One of ``secret`` and ``public_key`` is set."""

    secret: str = ""
    public_key: str = ""
    audiences: tuple[str, ...] = AUDIENCES
    trees: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"HostKey({'EdDSA' if self.public_key else 'HS256'})"


class Embedding(Noun, frozen=True):
    """``keys`` by the name of the host that signs; ``values``: whether the page around ours is told
    what was said, too."""

    keys: Mapping[str, HostKey] = {}
    values: bool = False


def read(value: Any) -> Mapping[str, HostKey]:
    """The table as it was written, or the same as JSON. Raises ValueError, which names no secret."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise ValueError("this is a table: in a file [embed.crm], in the environment JSON")
    return {name: _key(name, found) for name, found in value.items()}


def _key(name: str, found: Any) -> HostKey:
    if isinstance(found, HostKey):
        return found
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a host: small letters, digits, _ and -")
    if not isinstance(found, dict):
        raise ValueError(f"{name}: write [embed.{name}] and its secret or public_key")
    known = HostKey.__struct_fields__
    for word in found.keys() - set(known):
        near = get_close_matches(word, known, n=1)
        meant = f"did you mean {near[0]!r}?" if near else f"write {', '.join(known)}"
        raise ValueError(f"{name}: there is no {word!r} in it; {meant}")
    try:
        key = msgspec.convert(found, HostKey)
    except msgspec.ValidationError as wrong:
        raise ValueError(f"{name}: {wrong}") from None
    return _sound(name, key)


def _sound(name: str, key: HostKey) -> HostKey:
    if bool(key.secret) == bool(key.public_key):
        raise ValueError(f"{name}: write secret (HS256) or public_key (EdDSA), one of them")
    if key.secret and len(key.secret) < LEAST:
        raise ValueError(
            f"{name}: the secret has {LEAST} characters at least; `openssl rand -hex 32` makes one"
        )
    if key.public_key and "PUBLIC KEY" not in key.public_key:
        raise ValueError(
            f"{name}: public_key is that of Ed25519 in PEM, and never the private one"
        )
    for audience in key.audiences:
        if audience not in AUDIENCES:
            raise ValueError(f"{name}: audiences are {' and '.join(AUDIENCES)}, not {audience!r}")
    return key


def shown(found: Mapping[str, HostKey]) -> str:
    """What is set, without what is secret."""
    said = [f"{name}: {key!r} for {' and '.join(key.audiences)}" for name, key in found.items()]
    return "; ".join(said) or "(none)"


def origin(word: str) -> str:
    """A page's origin as browsers write it; "" for what is none.

    >>> origin("https://CRM.example.org/"), origin("https://crm.example.org/x"), origin("null")
    ('https://crm.example.org', '', '')
    """
    found = word.lower().removesuffix("/")
    return found if _ORIGIN.fullmatch(found) and len(found) <= 300 else ""


def may_hold(host: str, frames: str, own: str = "") -> bool:
    """Whether a page of this origin may hold ours. ``frames``: as the setting has them; ``own``:
    this server's origin.

    >>> may_hold("https://a.example.org", "https://*.example.org https://crm.test")
    True
    >>> may_hold("https://example.org.evil.test", "https://*.example.org https://crm.test")
    False
    """
    return bool(host) and any(_is(host, one, own) for one in frames.lower().split())


def _is(host: str, one: str, own: str) -> bool:
    if one == "'self'":
        return host == own
    scheme, star, rest = one.partition("://*.")
    if not star:
        return host == one
    before, _, after = host.partition("://")
    return before == scheme and after.endswith(f".{rest}")
