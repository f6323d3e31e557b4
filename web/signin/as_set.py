"""What settings of signing in may say. (`web/settings.py` holds their lines.)"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

WAYS: Final = ("accounts", "oidc")
_ORIGIN: Final = re.compile(r"https?://(\*\.)?[A-Za-z0-9.-]+(:\d{1,5})?|'self'")


def ways(value: Any) -> tuple[str, ...]:
    """One or more words, with commas, or a list. Raises ValueError."""
    found = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(found, list | tuple):
        raise ValueError(f"write {' or '.join(WAYS)}, or both with a comma, not {value!r}")
    for way in found:
        if way not in WAYS:
            raise ValueError(f"write {' or '.join(WAYS)}, or both with a comma, not {way!r}")
    return tuple(dict.fromkeys(found))


def public(value: Any) -> str:
    """The address of a whole server: a scheme and a host. Raises ValueError."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username
        good = good and parts.path in ("", "/") and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"write an address like https://calls.example.org, not {value!r}")
    return f"{parts.scheme}://{parts.netloc}".lower()


def frames(value: Any) -> str:
    """Origins with spaces between them, as a policy has them. Raises ValueError."""
    found = value.replace(",", " ").split() if isinstance(value, str) else value
    if not isinstance(found, list) or not all(
        isinstance(one, str) and _ORIGIN.fullmatch(one) for one in found
    ):
        raise ValueError(f"write origins like https://crm.example.org, not {value!r}")
    return " ".join(found)


def _of_this_machine(address: str) -> bool:
    return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")


def trouble(found: Mapping[str, Any], origin: str, local: bool) -> str:
    """Why these settings do not go together; "" where they do. ``origin``: where the host is set."""
    by_provider = "oidc" in found["sign_in"]
    if not local and not found["sign_in"]:
        return (
            f"{origin}: {found['host']} can be reached by others, and there is no way to sign in yet: "
            "set sign_in (FINGERPOST_SIGN_IN=accounts) and add somebody (`fingerpost users add`), "
            "or leave it at 127.0.0.1"
        )
    if found["public_url"] and not found["sign_in"] and not _of_this_machine(found["public_url"]):
        return "public_url is for others, and nobody would have to sign in: set sign_in too"
    if by_provider and found["oidc"] is None:
        return "sign_in: oidc needs the table [oidc], which says which provider that is"
    if by_provider and not local and not found["public_url"]:
        return "public_url is missing: the provider sends people back there, like https://calls.example.org"
    return ""
