"""What the `http` of an action says: which address, what is sent, what the answer means.

The server that makes the call and the checks read it by the same functions, so that what was
checked is what is called. Nothing here knows a network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from engine.model import Action, Noun

METHODS: Final = ("get", "post", "put", "patch", "delete")
BODILESS: Final = frozenset({"get", "delete"})  # their inputs stand in the query
TIMEOUT: Final = 10  # seconds, unless said
LONGEST: Final = 300
_NAME: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_LITERAL: Final = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Address(Noun, frozen=True):
    """An address as a tree may say it: the setting that it begins with, then a path and a query."""

    setting: str
    path: str
    query: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(_NAME.findall(f"{self.path}?{self.query}"))

    @property
    def in_path(self) -> tuple[str, ...]:
        return tuple(_NAME.findall(self.path))


class Misfit(Exception):
    """An answer that does not say what the contract wants: the names of what is wrong."""


def address(template: str) -> Address:
    """The address that is written. Raises ValueError with what to write."""
    begins = _NAME.match(template)
    if begins is None:
        raise ValueError(
            "an address begins with the name of one in the server's settings, as in "
            '"{crm_url}/outages": a tree says no address itself'
        )
    rest = template[begins.end() :]
    if rest and rest[0] not in "/?":
        raise ValueError(f"after {begins[0]} an address goes on with / or ?, not with {rest[0]!r}")
    if not _LITERAL.fullmatch(_NAME.sub("", rest)):
        raise ValueError("this holds a character that no address holds: letters, digits and -._~/")
    path, _, query = rest.partition("?")
    if any(_climbs(segment) for segment in path.split("/")):
        raise ValueError("`.` and `..` would lead out of the address that the settings give")
    return Address(begins[1], path, query)


def filled(found: Address, inputs: Mapping[str, Any]) -> str:
    """Path and query with the inputs in place, each encoded. Raises ValueError for an input that
    would lead elsewhere."""
    path = "/".join(_segment(segment, inputs) for segment in found.path.split("/"))
    query = _NAME.sub(lambda name: quote(_text(inputs.get(name[1])), safe=""), found.query)
    return f"{path}?{query}" if query else path


def _segment(template: str, inputs: Mapping[str, Any]) -> str:
    for name in _NAME.findall(template):
        value = _text(inputs.get(name))
        if not value or any(_climbs(part) for part in re.split(r"[/\\]", value)):
            raise ValueError(name)
    made = _NAME.sub(lambda name: quote(_text(inputs.get(name[1])), safe=""), template)
    if template and _climbs(made):
        raise ValueError(template)
    return made


def _climbs(segment: str) -> bool:
    """Whether a part of a path is `.` or `..`, however often it is encoded."""
    for _ in range(4):
        segment, before = unquote(segment), segment
        if segment == before:
            break
    return any(part in (".", "..") for part in re.split(r"[/\\]", segment))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ",".join(map(_text, value))
    return "" if value is None else str(value)


class Sent(Noun, frozen=True):
    """What goes out: the method, path and query behind the setting's own address, and a body."""

    method: str
    setting: str
    rest: str
    body: Any = None
    headers: Mapping[str, str] = {}


def method_of(http: Mapping[str, Any]) -> str:
    return next((method for method in METHODS if method in http), "")


def sent(http: Mapping[str, Any], inputs: Mapping[str, Any]) -> Sent:
    """What is sent with these inputs, which are plain JSON. Without a `body` all inputs are: as a
    JSON object, or, where a method has no body, in the query, those that the address does not hold.
    Raises ValueError for an input that would lead elsewhere."""
    method = method_of(http)
    found = address(str(http[method]))
    rest = filled(found, inputs)
    headers = {name: str(value) for name, value in (http.get("headers") or {}).items()}
    if method not in BODILESS:
        body = _put(http["body"], inputs) if "body" in http else dict(inputs)
        return Sent(method.upper(), found.setting, rest, body, headers)
    left = {name: value for name, value in inputs.items() if name not in found.inputs}
    query = urlencode([(name, _text(one)) for name, value in left.items() for one in _each(value)])
    joined = rest + ("&" if "?" in rest else "?") + query if query else rest
    return Sent(method.upper(), found.setting, joined, None, headers)


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _put(template: Any, inputs: Mapping[str, Any]) -> Any:
    """A body with the inputs in place: a text that is one placeholder becomes the value itself."""
    if isinstance(template, Mapping):
        return {str(key): _put(value, inputs) for key, value in template.items()}
    if isinstance(template, list | tuple):
        return [_put(value, inputs) for value in template]
    if not isinstance(template, str):
        return template
    whole = _NAME.fullmatch(template)
    if whole:
        return inputs.get(whole[1])
    return _NAME.sub(lambda name: _text(inputs.get(name[1])), template)


def placeholders(template: Any) -> Iterator[str]:
    """Every input that a body names."""
    if isinstance(template, Mapping):
        for value in template.values():
            yield from placeholders(value)
    elif isinstance(template, list | tuple):
        for value in template:
            yield from placeholders(value)
    elif isinstance(template, str):
        yield from _NAME.findall(template)


def seconds(http: Mapping[str, Any]) -> int:
    """How long an answer is waited for, all tries together."""
    written = str(http.get("timeout") or TIMEOUT)
    unit = _SECONDS.get(written[-1])
    return int(written) if unit is None else int(written[:-1]) * unit


# ------------------------------------------------------------------------------- what comes back


def result(action: Action, answer: Any) -> dict[str, Any]:
    """What an answer means by the contract: ``{"exit": EXIT, outputs ..}``. What `http` does not
    say where to find stands under its own name. Raises Misfit."""
    exit = search(action.http.get("exit", "exit"), answer)
    if not isinstance(exit, str) or exit not in action.exits:
        raise Misfit("exit")
    where = action.http.get("outputs") or {}
    found = {
        field.name: search(where.get(field.name, field.name), answer)
        for field in action.exits[exit]
    }
    return {"exit": exit, **{name: value for name, value in found.items() if value is not None}}


def search(expression: str, answer: Any) -> Any:
    """What a JMESPath expression finds; None where it finds nothing or cannot be computed."""
    import jmespath  # where an answer is read, or a library checked, and nowhere else
    from jmespath.exceptions import JMESPathError

    try:
        return jmespath.search(str(expression), answer)
    except (JMESPathError, TypeError, ValueError, ArithmeticError):
        return None


def parsed(expression: str) -> Mapping[str, Any]:
    """A JMESPath expression as a tree. Raises ValueError with what is wrong."""
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        tree: Mapping[str, Any] = jmespath.compile(expression).parsed
    except (JMESPathError, RecursionError) as wrong:
        raise ValueError(str(wrong).partition("\n")[0]) from None
    return tree


def constants(tree: Mapping[str, Any]) -> Iterator[Any]:
    """The values that an expression can come to whatever the answer says."""
    kind, below = tree.get("type"), tree.get("children") or ()
    if kind == "literal":
        yield tree["value"]
    elif kind == "or_expression":
        for child in below:
            yield from constants(child)
    elif kind in ("and_expression", "pipe") and below:
        yield from constants(below[-1])
