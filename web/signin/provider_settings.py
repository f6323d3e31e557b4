"""What a server's settings say of the provider that people sign in with.

    [oidc]
    issuer = "https://login.example.org"
    client_id = "fingerpost"
    label = "Example"                      # on the button: Sign in with Example
    roles_claim = "groups"
    everybody = ["agent"]                  # roles of whoever signs in there at all

    [oidc.roles]                           # from what stands in that claim
    "call-centre-leads" = "supervisor"

    [oidc.teams]
    "second-line" = "tier2"

The client's secret is a setting of its own, ``oidc_secret`` (FINGERPOST_OIDC_SECRET).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import msgspec

from engine.model import Noun
from web.signin.people import STAFF


class ProviderSettings(Noun, frozen=True, forbid_unknown_fields=True):
    """As in the module's words. ``secret`` is never printed."""

    issuer: str = ""
    client_id: str = ""
    label: str = ""
    scopes: str = "openid profile"
    roles_claim: str = "groups"
    everybody: tuple[str, ...] = ()
    roles: Mapping[str, str] = {}
    teams: Mapping[str, str] = {}
    secret: str = ""

    def __repr__(self) -> str:
        return f"ProviderSettings({self.issuer!r})"


_WORDS = tuple(name for name in ProviderSettings.__struct_fields__ if name != "secret")


def read(value: Any) -> ProviderSettings:
    """The table as it was written, or the same as JSON. Raises ValueError with the end of a
    sentence."""
    if isinstance(value, ProviderSettings):
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise ValueError("this is a table: in a file [oidc], in the environment JSON")
    for name in value.keys() - set(_WORDS):
        if name in ("secret", "client_secret"):
            raise ValueError(
                "the secret is a setting of its own: oidc_secret (FINGERPOST_OIDC_SECRET)"
            )
        near = get_close_matches(name, _WORDS, n=1)
        raise ValueError(f"there is no {name!r} in it; {_meant(near)}")
    try:
        found = msgspec.convert(value, ProviderSettings)
    except msgspec.ValidationError as wrong:
        raise ValueError(str(wrong)) from None
    return _checked(found)


def _meant(near: list[str]) -> str:
    return f"did you mean {near[0]!r}?" if near else f"write {', '.join(_WORDS)}"


def _checked(found: ProviderSettings) -> ProviderSettings:
    for name in ("issuer", "client_id"):
        if not getattr(found, name):
            raise ValueError(f"{name!r} is missing")
    if not safe(found.issuer):
        raise ValueError(f"the issuer is an https address, not {found.issuer!r}")
    for role in (*found.everybody, *found.roles.values()):
        if role not in STAFF:
            raise ValueError(f"there is no role {role!r}; write {', '.join(STAFF)}")
    if not found.everybody and not found.roles:
        raise ValueError('nobody would have a role: write [oidc.roles], or everybody = ["agent"]')
    if "openid" not in found.scopes.split():
        raise ValueError("the scopes need 'openid'")
    return found


def safe(address: str) -> bool:
    """Whether nobody on the way can read or change what is sent there: https, or this machine."""
    try:
        parts = urlsplit(address)
        if parts.scheme == "https" and parts.hostname:
            return True
        return parts.scheme == "http" and _is_loopback(parts.hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def shown(value: ProviderSettings | None) -> str:
    if value is None:
        return "(none)"
    told = {name: getattr(value, name) for name in _WORDS if getattr(value, name)}
    return json.dumps(told, ensure_ascii=False)
