"""What the `http` of an action must keep besides its schema: all that is known before it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.building import calls
from engine.errors import near
from engine.files.document import Document
from engine.files.shape import finding
from engine.model import Finding, Path

# What the server says itself, or what would carry a secret: no tree sets these.
_KEPT_BACK: Final = frozenset(
    [
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?|")


def http(document: Document, name: str, data: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """Every rule that the call of an action breaks."""
    call: Path = (*at, "http")
    methods = [key for key in calls.METHODS if key in data["http"]]
    if len(methods) != 1:
        has = f"here are {' and '.join(methods)}" if methods else "here is none"
        message = f"'http' calls one address, as in `post: \"{{crm_url}}/outages\"`; {has}"
        yield finding(document, call, message, key=True)
    else:
        yield from _address(document, data, methods[0], call)
    if "failed" not in data:
        message = "'failed' is missing: the exit for a time-out, an error, a malformed answer"
        yield finding(document, at, message, key=True)
    yield from _timeout(document, data["http"], call)
    yield from _headers(document, data["http"], call)
    yield from _exit(document, name, data, call)
    yield from _outputs(document, name, data, call)


def _address(
    document: Document, data: Mapping[str, Any], method: str, call: Path
) -> Iterator[Finding]:
    http, takes = data["http"], data.get("takes") or {}
    at: Path = (*call, method)
    try:
        found = calls.address(str(http[method]))
    except ValueError as wrong:
        yield finding(document, at, str(wrong))
        return
    if found.setting in takes:
        message = f"{found.setting!r} is an input too: the name of a setting is none of them"
        yield finding(document, at, message)
    named: list[tuple[Path, str]] = [(at, one) for one in found.inputs]
    if "body" in http:
        body: Path = (*call, "body")
        if method in calls.BODILESS:
            message = f"{method!r} sends no body: its inputs stand in the address"
            yield finding(document, body, message, key=True)
        named += [(body, one) for one in calls.placeholders(http["body"])]
    for path, one in named:
        if one not in takes:
            message = f"the action takes no {one!r}{near(one, takes)}"
            yield finding(document, path, message)
    held = takes if method in calls.BODILESS else found.inputs
    for one in held:
        yield from _in_address(document, takes.get(one), one, at, one in found.in_path)


def _in_address(
    document: Document, field: Any, name: str, at: Path, in_path: bool
) -> Iterator[Finding]:
    if not isinstance(field, Mapping):
        return
    if "list" in field:
        yield finding(
            document, at, f"{name!r} is a list of rows, which no address holds: send it in a body"
        )
    elif in_path and field.get("required") is False:
        message = (
            f"{name!r} may be left empty, and then the address would be another: put it behind a ?"
        )
        yield finding(document, at, message)


def _timeout(document: Document, http: Mapping[str, Any], call: Path) -> Iterator[Finding]:
    if "timeout" in http and calls.seconds(http) > calls.LONGEST:
        message = f"somebody waits for this: at most {calls.LONGEST} seconds"
        yield finding(document, (*call, "timeout"), message)


def _headers(document: Document, http: Mapping[str, Any], call: Path) -> Iterator[Finding]:
    for name, value in (http.get("headers") or {}).items():
        at: Path = (*call, "headers", name)
        if name.lower() in _KEPT_BACK:
            message = f"{name!r} is not a tree's to say: the server sets it, or its settings do"
            yield finding(document, at, message, key=True)
        elif not _TOKEN.fullmatch(name):
            yield finding(document, at, f"{name!r} is no name of a header", key=True)
        if not _PRINTABLE.fullmatch(str(value)) or "{" in str(value):
            message = "a header is plain text in one line; what hangs on the call goes into the address or the body"
            yield finding(document, at, message)


def _exit(document: Document, name: str, data: Mapping[str, Any], call: Path) -> Iterator[Finding]:
    http, exits = data["http"], data["exits"]
    at: Path = (*call, "exit")
    if "exit" not in http:
        return
    tree, wrong = _parsed(document, str(http["exit"]), at)
    yield from wrong
    for value in calls.constants(tree):
        if value not in exits:
            message = f"this can come to {value!r}, and {name!r} has no such exit{near(str(value), exits)}"
            yield finding(document, at, message)


def _outputs(
    document: Document, name: str, data: Mapping[str, Any], call: Path
) -> Iterator[Finding]:
    exits, outputs = data["exits"], data["http"].get("outputs") or {}
    given = {output for fields in exits.values() for output in fields or {}}
    for output, expression in outputs.items():
        at: Path = (*call, "outputs", output)
        if output not in given:
            message = f"no exit of {name!r} gives {output!r}{near(output, given)}"
            yield finding(document, at, message, key=True)
        yield from _parsed(document, str(expression), at)[1]


def _required(field: Any) -> bool:
    return not (isinstance(field, Mapping) and field.get("required") is False)


def failed(document: Document, name: str, data: Mapping[str, Any], at: Path) -> Iterator[Finding]:
    """That the failed exit gives nothing that has to come: it is taken where nothing came."""
    exit = str(data.get("failed") or "")
    for output, field in (data["exits"].get(exit) or {}).items():
        if _required(field):
            message = (
                f"{exit!r} is taken where nothing came back, and so cannot give {output!r}: "
                f"write `{output}: {{type: .., required: false}}`, or leave it out"
            )
            yield finding(document, (*at, "exits", exit, output), message, key=True)


def _parsed(
    document: Document, expression: str, at: Path
) -> tuple[Mapping[str, Any], list[Finding]]:
    try:
        return calls.parsed(expression), []
    except ValueError as wrong:
        return {}, [finding(document, at, f"this is no JMESPath: {wrong}")]
