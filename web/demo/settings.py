"""What `fingerpost serve` is told so that trees call the demo back end."""

from __future__ import annotations

from typing import Final

from web.demo.answering import CALLS

ADDRESSES: Final = tuple(sorted({f"{path.partition('/')[0]}_url" for path in CALLS}))


def addresses(here: str) -> dict[str, str]:
    """The address of each name that trees call.

    >>> addresses("http://127.0.0.1:8090")["crm_url"]
    'http://127.0.0.1:8090/crm'
    """
    return {name: f"{here}/{name.removesuffix('_url')}" for name in ADDRESSES}


def table(here: str) -> str:
    """As a settings file."""
    lines = [f'{name} = "{address}"' for name, address in addresses(here).items()]
    return "\n".join(["[actions]", 'allow = ["127.0.0.1"]', *lines, ""])


def environment(here: str) -> str:
    """As lines of a shell."""
    found = {"allow": "127.0.0.1", **addresses(here)}
    return "\n".join(
        f"export FINGERPOST_ACTIONS_{name.upper()}={value}" for name, value in found.items()
    )
