"""What a form says, in the shape that the engine takes; and what was typed, kept to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request

from engine.fields.list_ import MOST_ROWS
from engine.model import Expected, PromptField
from web.signin import tokens

MOST_NOTE = 10_000  # characters
MOST_FIELDS = 2_000
_ENCODED = "application/x-www-form-urlencoded"


class Typed:
    """A form as it came in. ``seq`` is the last event that its page knew (-1: it says none)."""

    @classmethod
    async def of(cls, request: Request) -> Typed:
        """The form in a request. No page of ours sends files, so none is taken. Raises Forged for
        a form that is no page of ours."""
        found = cls(await _sent(request))
        tokens.check(found.word(tokens.FIELD), request.headers)
        return found

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs
        self._last = dict(pairs)
        self.client_id = self.word("client_id")[:200]
        seq = self.word("seq")
        self.seq = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else -1
        self.node = self.word("node")
        self.note = self.word("text").strip()

    def word(self, name: str) -> str:
        return self._last.get(name, "")

    def has(self, name: str) -> bool:
        return name in self._last

    def words(self, name: str) -> list[str]:
        return [value for known, value in self.pairs if known == name]

    def everything(self) -> list[tuple[str, str]]:
        """All of it, to tell a repeated call from another with the same id."""
        return sorted(self.pairs)

    def answer(self, expected: Expected) -> Any:
        """The answer to what is asked."""
        if expected.exits:
            exit = self.word("answer")
            fields = expected.exits.get(exit, ())
            return {"exit": exit, **typed(self, fields, f"{exit}.")}
        if expected.fields:
            return typed(self, expected.fields)
        if expected.type == "continued":
            return None
        # Nothing ticked is no answer, even where one may say "none of these": that is ticked too.
        many = self.words("answer") if expected.pick == "many" else []
        return many or self.word("answer")

    def ticks(self) -> list[str]:
        """The points of a checklist that are ticked."""
        return self.words("done")

    def unread(self) -> dict[str, str]:
        """What was typed into a form that is over, to be given back."""
        found: dict[str, str] = {}
        for name, value in self.pairs:
            if value.strip() and name.startswith(("answer", "f.")):
                known = found.get(name)
                found[name] = value if known is None else f"{known}, {value}"
        return found


async def _sent(request: Request) -> list[tuple[str, str]]:
    if request.headers.get("content-type") == _ENCODED:  # how browsers send one without files
        return list(_decoded((await _body(request)).decode("latin-1")))
    try:
        async with request.form(max_files=0, max_fields=MOST_FIELDS) as form:
            return [(name, str(value)) for name, value in form.multi_items()]
    except MultiPartException as wrong:
        raise HTTPException(400) from wrong


async def _body(request: Request) -> bytes:
    """All that was sent. (The framework's own reads it through a generator, and keeps it.)"""
    parts, more = [], True
    while more:
        message = await request.receive()
        if message["type"] != "http.request":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)


def _decoded(body: str) -> Iterator[tuple[str, str]]:
    """The names and values of a form. Raises HTTPException where there are too many."""
    if body.count("&") >= MOST_FIELDS:
        raise HTTPException(400)
    for pair in body.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            if "%" in pair or "+" in pair:
                name, value = unquote(name.replace("+", " ")), unquote(value.replace("+", " "))
            yield name, value


def typed(form: Typed, fields: Iterable[PromptField], prefix: str = "") -> dict[str, Any]:
    """What was filled in, by field. Inputs are named ``f.FIELD``."""
    found: dict[str, Any] = {}
    for field in fields:
        name = f"f.{prefix}{field.name}"
        values = form.words(name)
        if field.columns:
            found[field.name] = list(_rows(form, name, field.columns))
        elif field.type == "choices":
            found[field.name] = values
        elif values and values[0].strip():
            found[field.name] = values[0]
    return {name: value for name, value in found.items() if value != []}


def told(asked: QueryParams, fields: Iterable[PromptField]) -> dict[str, Any] | None:
    """What an address says of the values that a tree is given, as another system links to it. No
    personal value: addresses stay in histories and logs."""
    found = {
        field.name: asked.getlist(field.name) if field.type == "choices" else asked[field.name]
        for field in fields
        if field.name in asked and not field.columns and not field.private
    }
    filled = {field.name: field.value for field in fields if field.value is not None}
    return {**filled, **found} if found else None


def _rows(form: Typed, name: str, columns: tuple[PromptField, ...]) -> Iterator[Mapping[str, str]]:
    """The rows of a list that were filled in: inputs are named ``f.LIST.ROW.COLUMN``."""
    for row in range(MOST_ROWS):
        first = f"{name}.{row}."
        if not form.has(first + columns[0].name):
            return
        filled = {column.name: form.word(first + column.name) for column in columns}
        if any(value.strip() for value in filled.values()):
            yield {name: value for name, value in filled.items() if value.strip()}
