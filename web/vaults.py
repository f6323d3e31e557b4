"""The vault of a store, with the server keys that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import FingerpostError
from engine.stores import Store
from engine.stores.vault import Vault, server_keys
from web.logs import log
from web.settings import BadSettings


def vault_of(found: Mapping[str, Any]) -> Vault:
    """From the values of the settings: the keys of ``private_key``, then those in the file that
    ``private_key_file`` names. Raises BadSettings; a key is never in its words."""
    keys = server_keys(found["private_key"])
    file = found["private_key_file"]
    if file:
        try:
            more = server_keys(Path(file).read_text(encoding="utf-8"))
        except OSError as wrong:
            raise BadSettings(
                f"private_key_file {file} cannot be read: {wrong.strerror}"
            ) from None
        except UnicodeDecodeError:
            raise BadSettings(f"private_key_file {file} is no text") from None
        except ValueError as wrong:
            raise BadSettings(f"private_key_file {file}: {wrong}") from None
        if not more:  # values would be written down without it, and nobody would know
            raise BadSettings(f"private_key_file {file} holds no key")
        keys += more
    return Vault(keys)


async def tried(store: Store, now: datetime) -> None:
    """Say so where the keys that are set do not open what is there: of the oldest walk that holds
    personal values, and others are likely to be under the same."""
    try:
        for walk in await store.aged(now, private=True, limit=1):
            await store.private(walk)
    except FingerpostError as wrong:
        log.warning("personal values cannot be opened", why=str(wrong))
