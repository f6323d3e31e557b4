"""Settings: flags over environment (``FINGERPOST_*``) over ``fingerpost.toml`` over defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.model import Noun


class Setting(Noun, frozen=True):
    """A value and where it came from."""

    value: Any
    origin: str


DEFAULTS: Mapping[str, Any] = {
    "trees": "trees",
    "host": "127.0.0.1",
    "port": 8000,
    "store": "",
}


class BadSettings(Exception):
    """A setting that cannot be: which, and what to write."""


def load(
    flags: Mapping[str, Any], environment: Mapping[str, str] | None = None, file: str = ""
) -> dict[str, Setting]:
    """Every setting with where it came from. Raises BadSettings."""
    environment = os.environ if environment is None else environment
    written = _written(file)
    found: dict[str, Setting] = {}
    for name, default in DEFAULTS.items():
        variable = f"FINGERPOST_{name.upper()}"
        if flags.get(name) is not None:
            found[name] = Setting(flags[name], f"--{name}")
        elif environment.get(variable):
            found[name] = Setting(environment[variable], variable)
        elif name in written:
            found[name] = Setting(written[name], file or "fingerpost.toml")
        else:
            found[name] = Setting(default, "default")
    return _checked(found)


def _written(file: str) -> Mapping[str, Any]:
    path = Path(file or "fingerpost.toml")
    if not path.is_file():
        if file:
            raise BadSettings(f"there is no settings file {file!r}")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadSettings(f"{path}: {wrong}") from None


def _checked(found: dict[str, Setting]) -> dict[str, Setting]:
    port, host = found["port"], str(found["host"].value)
    if not str(port.value).isdigit() or not 0 <= int(port.value) < 65536:
        raise BadSettings(f"{port.origin}: a port is a number from 0 to 65535, not {port.value!r}")
    if not is_local(host):
        raise BadSettings(
            f"{found['host'].origin}: {host} can be reached by others, and there is no way to sign "
            "in yet: leave it at 127.0.0.1, and reach it through a tunnel or a proxy that signs in"
        )
    if not found["store"].value:
        found["store"] = Setting(default_store(), "default")
    return found | {"port": Setting(int(port.value), port.origin)}


def is_local(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def default_store() -> str:
    """SQLite in the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return f"sqlite:///{Path(base).absolute() / 'fingerpost' / 'record.db'}"
