"""The two cookies: which browser this is, and who is signed in with it.

Over https their names begin with ``__Host-``: a browser takes such a cookie only from this very
host, over https, for all of it. On plain http (this machine alone, or a proxy that hides its https,
for which there is ``public_url``) they go without.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

SESSION: Final = "fp_session"
BROWSER: Final = "fp_browser"
KNOWN_FOR: Final = timedelta(days=180)  # a browser; so long a customer can come back to his walk
_LONGEST: Final = 200  # of what is taken for a cookie of ours


def secure(scope: Mapping[str, Any], public_url: str) -> bool:
    return scope.get("scheme") == "https" or public_url.startswith("https:")


def name(of: str, over_https: bool) -> str:
    return f"__Host-{of}" if over_https else of


def read(cookies: Mapping[str, str], of: str, over_https: bool) -> str:
    """The cookie's value; "" where there is none of ours."""
    value = cookies.get(name(of, over_https), "")
    return value if len(value) <= _LONGEST and value.isascii() and value.isprintable() else ""


def written(of: str, value: str, over_https: bool, lasts: timedelta) -> str:
    """The header that sets it. ``lasts``: nothing takes it away."""
    seconds = int(lasts.total_seconds())
    also = "; Secure" if over_https else ""
    return (
        f"{name(of, over_https)}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{also}"
    )
