"""What a server's settings say of actions: addresses, secrets, and what may be called.

    [actions]
    crm_url = "https://crm.example.org/api"     # what trees call {crm_url}
    allow = ["10.20.0.0/16"]                    # private networks that may be called
    at_once = 32                                # calls under way at the same time
    ca = "/etc/ssl/company.pem"                 # who vouches for certificates, if not the usual

    [actions.headers.crm_url]                   # sent to that address and to no other
    Authorization = "Bearer …"

In the environment: FINGERPOST_ACTIONS_CRM_URL, FINGERPOST_ACTIONS_ALLOW (with commas), and
FINGERPOST_ACTIONS_CRM_URL__AUTHORIZATION for a header of {crm_url}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from engine.model import Noun

_PREFIX: Final = "FINGERPOST_ACTIONS_"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
_OURS: Final = frozenset(
    ("accept-encoding", "connection", "content-length", "content-type", "cookie", "expect", "host",
     "idempotency-key", "te", "trailer", "transfer-encoding", "upgrade")
)  # fmt: skip


class ActionSettings(Noun, frozen=True):
    """``addresses`` by the name that trees use; ``headers``, secrets among them, by that name."""

    addresses: Mapping[str, str] = {}
    headers: Mapping[str, Mapping[str, str]] = {}
    allow: tuple[str, ...] = ()
    at_once: int = 32
    ca: str = ""

    def __repr__(self) -> str:
        return f"ActionSettings({shown(self)})"


class Webhook(Noun, frozen=True):
    """Where closed walks are sent, and what signs them. ``personal``: whether personal values are
    sent too."""

    address: str = ""
    secret: str = ""
    personal: bool = False

    def __repr__(self) -> str:
        return f"Webhook({without_query(self.address)})"


def read(value: Any) -> ActionSettings:
    """The table as it was written, or the same as JSON. Raises ValueError, which names no secret."""
    if isinstance(value, ActionSettings):
        return value
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise ValueError("this is a table: in a file [actions], in the environment JSON")
    rest = dict(value)
    headers = rest.pop("headers", {})
    allow, at_once, ca = rest.pop("allow", ()), rest.pop("at_once", 32), rest.pop("ca", "")
    addresses = {name: _address(name, address) for name, address in rest.items()}
    return ActionSettings(
        addresses, _headers(headers, addresses), _allow(allow), _at_once(at_once), _ca(ca)
    )


def webhook(value: Any) -> str:
    """The address that closed walks are sent to, or "". Raises ValueError."""
    wanted = "an address is like https://crm.example.org/hooks/calls"
    if not isinstance(value, str) or not re.fullmatch(r"[\x21-\x7e]*", value) or "\\" in value:
        raise ValueError(wanted)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("no name or password in it: webhook_secret signs what is sent")
    sound = parts.scheme in ("http", "https") and parts.hostname and port != 0
    if value and (not sound or parts.fragment):
        raise ValueError(wanted)
    return value


def without_query(value: Any) -> str:
    """An address as it may be printed: behind the ? there may stand what is secret.

    >>> without_query("https://hooks.example.org/a?key=k")
    'https://hooks.example.org/a?…'
    """
    address, mark, _ = str(value).partition("?")
    return address + (f"{mark}…" if mark else "")


def _address(name: str, address: Any) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name that a tree can use: small letters, digits and _")
    wanted = f"{name}: an address is like https://crm.example.org/api"
    if not isinstance(address, str) or not re.fullmatch(r"[\x21-\x7e]+", address):
        raise ValueError(wanted)
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise ValueError(wanted) from None
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            f"{name}: no name or password in an address; put them into [actions.headers.{name}]"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(wanted)
    climbs = {".", ".."} & set(parts.path.replace("%2e", ".").replace("%2E", ".").split("/"))
    if parts.query or parts.fragment or "\\" in address or climbs:
        raise ValueError(f"{wanted}, without . or .. and nothing behind ? or #")
    return address.rstrip("/")


def _headers(found: Any, addresses: Mapping[str, str]) -> dict[str, dict[str, str]]:
    wanted = "headers: write [actions.headers.crm_url] and a line for each header"
    if not isinstance(found, dict):
        raise ValueError(wanted)
    for name, headers in found.items():
        if not isinstance(headers, dict):
            raise ValueError(wanted)
        if name not in addresses:
            known = ", ".join(addresses) or "none"
            raise ValueError(f"headers: there is no address {name!r} (there is {known})")
        for header, value in headers.items():
            if not _HEADER.fullmatch(header) or header.lower() in _OURS:
                raise ValueError(f"headers: {header!r} of {name} is no header that can be set")
            if not isinstance(value, str) or not _VALUE.fullmatch(value):
                raise ValueError(f"headers: the value of {header} of {name} is no plain line")
    return {name: dict(headers) for name, headers in found.items()}


def _allow(found: Any) -> tuple[str, ...]:
    if isinstance(found, str):
        found = [part.strip() for part in found.split(",") if part.strip()]
    if not isinstance(found, list | tuple):
        raise ValueError('allow: write networks, like ["10.20.0.0/16"]')
    for network in found:
        try:
            ip_network(str(network))
        except ValueError:
            raise ValueError(
                f"allow: {network!r} is no network; write one like 10.20.0.0/16 or 127.0.0.1"
            ) from None
    return tuple(map(str, found))


def _at_once(found: Any) -> int:
    plain = isinstance(found, int | str) and not isinstance(found, bool)
    if not plain or not re.fullmatch(r"[0-9]{1,5}", str(found)) or not 0 < int(found) <= 10_000:
        raise ValueError(f"at_once: a whole number from 1 to 10000, not {found!r}")
    return int(found)


def _ca(found: Any) -> str:
    if not isinstance(found, str) or (found and not Path(found).is_file()):
        raise ValueError(f"ca: there is no file {found!r}")
    return found


def gathered(environment: Mapping[str, str], written: Any) -> dict[str, str]:
    """What single variables say, as the one that holds the whole table; what a file says stays
    where no variable speaks of it."""
    single = {name: value for name, value in environment.items() if name.startswith(_PREFIX)}
    if not single:
        return {}
    table = json.loads(json.dumps(written if isinstance(written, dict) else {}, default=str))
    whole = environment.get(_PREFIX.rstrip("_"))
    if whole:
        try:
            table |= json.loads(whole)
        except (ValueError, TypeError):
            return {}  # it is refused as it stands
    for variable, value in sorted(single.items()):
        name, _, header = variable.removeprefix(_PREFIX).partition("__")
        if header:
            headers = table.setdefault("headers", {}).setdefault(name.lower(), {})
            headers[header.replace("_", "-").title()] = value
        else:
            table[name.lower()] = value
    return {_PREFIX.rstrip("_"): json.dumps(table)}


def shown(found: ActionSettings) -> str:
    """What is set, without what is secret."""
    said = [f"{name} = {address}" for name, address in found.addresses.items()]
    for name, headers in found.headers.items():
        said += [f"{header} for {name} (set, not shown)" for header in headers]
    said += [f"allow {', '.join(found.allow)}"] if found.allow else []
    said += [f"ca {found.ca}"] if found.ca else []
    return "; ".join(said) or "(no address is set)"
