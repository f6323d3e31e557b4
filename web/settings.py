"""Settings: flags over environment (``FINGERPOST_*``) over ``fingerpost.toml`` over defaults.

To add one: one line in SETTINGS. A table (``[actions]``) is a setting of kind ``table``; in the
environment it is written as JSON.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.model import Noun
from engine.stores.vault import server_keys
from web import retention
from web.actions import settings as action_settings
from web.actions.settings import ActionSettings
from web.limits import KEY_CALLS
from web.signin import as_set, hosts, provider_settings
from web.words import LANGUAGES, SOURCE

# From what was written to what it means. Raises ValueError with the end of a sentence that
# begins with where it was written.
Reads = Callable[[Any], Any]


class Setting(Noun, frozen=True):
    """A value and where it came from."""

    value: Any
    origin: str


class Kind(Noun, frozen=True):
    """What may be set, and how it is printed by ``--show-settings``."""

    default: Any
    reads: Reads
    says: str
    shows: Callable[[Any], str] = str


class BadSettings(Exception):
    """A setting that cannot be: which, and what to write."""


# ---------------------------------------------------------------------------------- the kinds


def words(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"is text, not {value!r}")
    return value


def whole(least: int, most: int, what: str = "this") -> Reads:
    def read(value: Any) -> int:
        plain = isinstance(value, str | int) and not isinstance(value, bool)
        if not plain or not re.fullmatch(r"\d{1,12}", str(value)):
            raise ValueError(f"{what} is a whole number, not {value!r}")
        if not least <= int(value) <= most:
            raise ValueError(f"{what} is a number from {least} to {most}, not {value!r}")
        return int(value)

    return read


def one_of(*names: str) -> Reads:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"write one of {', '.join(names)}, not {value!r}")
        return str(value)

    return read


def table(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):  # from the environment
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, dict):
        raise ValueError("this is a table: in a file [its name], in the environment JSON")
    return value


def keys(value: Any) -> str:
    """Keys are held as they are written; here it is only seen that they are some."""
    server_keys(words(value))
    return str(value)


def ages(value: Any) -> retention.Retention:
    return retention.read(table(value))


def hidden(value: Any) -> str:
    """For secrets: whether it is set, and no more."""
    return "(set, not shown)" if value else "(not set)"


def without_password(value: Any) -> str:
    """An address without the passwords that it may hold.

    >>> without_password("postgresql://ann:secret@db/x?password=secret&sslmode=require")
    'postgresql://ann:…@db/x?password=…&sslmode=require'
    """
    shown = re.sub(r"(://[^:/@\s]*:)[^\s]*@", r"\1…@", str(value))
    return re.sub(r"([?&](?:ssl)?password=)[^&\s]*", r"\1…", shown)


def _comma(value: Any) -> str:
    return ", ".join(value)


MIN_SECRET = 16  # characters of a webhook's secret
# One line a setting: its default, what it reads, what it says, and how it is shown.
SETTINGS: Mapping[str, Kind] = {
    "trees": Kind("trees", words, "the library that is served"),
    "host": Kind("127.0.0.1", words, "the address to listen on"),
    "port": Kind(8000, whole(0, 65535, "a port"), "the port to listen on; 0 takes a free one"),
    "store": Kind("", words, "where walks are recorded; unset, SQLite in the user's data folder", without_password),
    "actions": Kind(ActionSettings(), action_settings.read, "addresses that actions call, and their secrets", action_settings.shown),
    "webhook": Kind("", action_settings.webhook, "the address that closed walks are sent to", action_settings.without_query),
    "webhook_secret": Kind("", words, "what signs them, 16 characters at least", hidden),
    "webhook_personal": Kind("no", one_of("yes", "no"), "whether personal values are sent with them"),
    "workers": Kind(1, whole(1, 256), "processes that answer on the port"),
    "most_requests": Kind(250, whole(1, 100_000), "requests that a worker has under way at once; beyond, 503"),
    "drain": Kind(0, whole(0, 3600), "seconds that it goes on taking requests after SIGTERM, while /readyz says 503"),
    "grace": Kind(30, whole(0, 3600), "seconds that requests under way have to be answered in when it stops"),
    "log_format": Kind("auto", one_of("auto", "json", "text"), "lines of JSON, or text; auto is text on a terminal"),
    "log_level": Kind("info", one_of("debug", "info", "warning", "error"), "what is logged, and what is worse"),
    "private_key": Kind("", keys, "keys that wrap those of personal values, 32 bytes each in base64, the newest first", hidden),
    "private_key_file": Kind("", words, "a file that holds such keys"),
    "retention": Kind(retention.Retention(), ages, "how long personal values, and whole walks, are kept", retention.shown),
    "sign_in": Kind((), as_set.ways, "how people sign in: accounts, oidc or both; nobody has to, where it is empty", _comma),
    "oidc": Kind(None, provider_settings.read, "the provider that people sign in with", provider_settings.shown),
    "oidc_secret": Kind("", words, "what the provider knows this server by", hidden),
    "public_url": Kind("", as_set.public, "the address that people open, where it is another than that of host and port"),
    "self_service": Kind("yes", one_of("yes", "no"), "whether customers walk without signing in, on trees for customers"),
    "session_idle": Kind(60, whole(1, 1440), "minutes without a request after which one is signed out"),
    "session_most": Kind(12, whole(1, 168), "hours after which one is signed out in any case"),
    "key_calls": Kind(KEY_CALLS, whole(0, 1_000_000), "calls in a minute that one key may make of a worker, 0 without a bound; beyond, 429"),
    "language": Kind(SOURCE, one_of(*LANGUAGES), "the language of pages for whoever's browser names none that they have"),
    "frame_ancestors": Kind("", as_set.frames, "sites whose pages may hold ours in a frame"),
    "embed": Kind({}, hosts.read, "hosts whose tokens are believed by /embed, and their keys", hosts.shown),
    "embed_values": Kind("no", one_of("yes", "no"), "whether the page around a walk is told what was said, too"),
}  # fmt: skip
DEFAULTS: Mapping[str, Any] = {name: kind.default for name, kind in SETTINGS.items()}


# -------------------------------------------------------------------------------- reading them


def load(
    flags: Mapping[str, Any], environment: Mapping[str, str] | None = None, file: str = ""
) -> dict[str, Setting]:
    """Every setting with where it came from. Raises BadSettings."""
    environment = os.environ if environment is None else environment
    file = file or environment.get("FINGERPOST_SETTINGS", "")
    written = _written(file)
    environment = {**environment, **action_settings.gathered(environment, written.get("actions"))}
    found = {name: _found(name, flags, environment, written, file) for name in SETTINGS}
    return _checked(found)


def values(found: Mapping[str, Setting]) -> dict[str, Any]:
    """What is set, by name."""
    return {name: setting.value for name, setting in found.items()}


def shown(found: Mapping[str, Setting]) -> dict[str, tuple[str, str]]:
    """Each setting as it may be printed, and where it came from: secrets are hidden."""
    return {
        name: (SETTINGS[name].shows(setting.value), setting.origin)
        for name, setting in found.items()
    }


def _found(
    name: str,
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
    written: Mapping[str, Any],
    file: str,
) -> Setting:
    variable = f"FINGERPOST_{name.upper()}"
    if flags.get(name) is not None:
        value, origin = flags[name], f"--{name.replace('_', '-')}"
    elif environment.get(variable):
        value, origin = environment[variable], variable
    elif name in written:
        value, origin = written[name], file or "fingerpost.toml"
    else:
        return Setting(SETTINGS[name].default, "default")
    try:
        return Setting(SETTINGS[name].reads(value), origin)
    except ValueError as wrong:
        where = origin if origin.startswith(("--", "FINGERPOST_")) else f"{origin}: {name}"
        raise BadSettings(f"{where}: {wrong}") from None


def _written(file: str) -> Mapping[str, Any]:
    path = Path(file or "fingerpost.toml")
    if not path.is_file():
        if file:
            raise BadSettings(f"there is no settings file {file!r}")
        return {}
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise BadSettings(f"{path}: {wrong}") from None
    except OSError as wrong:
        raise BadSettings(f"{path} cannot be read: {wrong.strerror}") from None
    for name in found.keys() - SETTINGS.keys():
        near = get_close_matches(name, SETTINGS, n=1)
        meant = f"did you mean {near[0]!r}?" if near else "`--show-settings` lists what there is"
        raise BadSettings(f"{path}: there is no setting {name!r}; {meant}")
    return found


def _checked(found: dict[str, Setting]) -> dict[str, Setting]:
    host = found["host"]
    wrong = as_set.trouble(values(found), host.origin, is_local(host.value))
    if wrong:
        raise BadSettings(wrong)
    hook, secret = found["webhook"], found["webhook_secret"].value
    if hook.value and len(secret) < MIN_SECRET:
        raise BadSettings(
            f"{hook.origin}: webhook wants a webhook_secret of {MIN_SECRET} characters at least, by "
            "which whoever receives it knows that it comes from here; `openssl rand -hex 32` makes one"
        )
    if not found["store"].value:
        found["store"] = Setting(default_store(), "default")
    return found


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
