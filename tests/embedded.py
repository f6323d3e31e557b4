"""A library for walks within another page, a host that signs for them, and the code of docs/embed.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from engine.load import Examined, examine
from tests.kinds import write
from web.signin.hosts import Embedding, read

SECRET: Final = "an agreed secret of the host, long enough"
KEYS: Final = read({"crm": {"secret": SECRET}})
EMBEDDING: Final = Embedding(KEYS)

FILES: Mapping[str, str] = {
    "library.yaml": """
format: 1
teams:
  field: {label: Field service}
dispositions:
  done: {label: All done}
""",
    "shop/lamp.yaml": """
format: 1
title: A lamp is dark
audience: [agent, customer]
given:
  caller: {type: text, label: Caller, required: false}
  watts: {type: integer, label: Watts, required: false, min: 1, max: 100}
start: plug
anytime:
  gone: {label: The caller is gone, next: over}
nodes:
  plug:
    ask: Is the lamp plugged in?
    choices: {yes: bulb, no: bulb}
  bulb:
    ask: Is the bulb new?
    choices: {yes: hand, no: over}
  over: {end: Goodbye., disposition: done}
  hand: {end: A colleague comes., disposition: done, hand_to: field}
""",
    "shop/inside.yaml": """
format: 1
title: For agents alone
audience: [agent]
start: plug
nodes:
  plug:
    ask: Does the caller shout?
    choices: {yes: fine, no: fine}
  fine: {end: Fine., disposition: done}
""",
}


@cache
def shop() -> Examined:
    found = examine(write(Path(mkdtemp()), FILES))
    assert not found.errors, found.errors
    return found


@cache
def code_of_docs() -> Mapping[str, str]:
    """The host's page, its script, and the function that makes a token, as docs/embed.md has them."""
    text = (Path(__file__).parent.parent / "docs" / "embed.md").read_text("utf-8")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    found = {kind: code for kind, code in blocks if kind in ("html", "js", "python")}
    assert found.keys() == {"html", "js", "python"}
    return found


def token(secret: str = SECRET, **claims: Any) -> str:
    """A token as the docs make it."""
    names: dict[str, Any] = {}
    exec(code_of_docs()["python"], names)
    usual = {"tree": "lamp", "audience": "agent", "sub": "ana@crm", "name": "Ana"}
    made: str = names["token"](secret, **(usual | claims))
    return made
