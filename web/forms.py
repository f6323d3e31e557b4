"""What a form says, in the shape that the engine takes; and what was typed, kept to be shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from engine.fields.list_ import MOST_ROWS
from engine.model import Expected, PromptField

MOST_NOTE = 10_000  # characters


class Typed:
    """A form as it came in. ``seq`` is the last event that its page knew (-1: it says none)."""

    @classmethod
    async def of(cls, request: Request) -> Typed:
        """The form in a request. No page of ours sends files, so none is taken."""
        async with request.form(max_files=0, max_fields=2_000) as form:
            return cls(form)

    def __init__(self, form: FormData) -> None:
        self.form = form
        self.client_id = self.word("client_id")[:200]
        seq = self.word("seq")
        self.seq = int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else -1
        self.node = self.word("node")
        self.note = self.word("text").strip()

    def word(self, name: str) -> str:
        value = self.form.get(name)
        return value if isinstance(value, str) else ""

    def words(self, name: str) -> list[str]:
        return [value for value in self.form.getlist(name) if isinstance(value, str)]

    def everything(self) -> list[tuple[str, str]]:
        """All of it, to tell a repeated call from another with the same id."""
        return sorted((name, str(value)) for name, value in self.form.multi_items())

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
        for name, value in self.form.multi_items():
            if isinstance(value, str) and value.strip() and name.startswith(("answer", "f.")):
                known = found.get(name)
                found[name] = value if known is None else f"{known}, {value}"
        return found


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


def _rows(form: Typed, name: str, columns: tuple[PromptField, ...]) -> Iterator[Mapping[str, str]]:
    """The rows of a list that were filled in: inputs are named ``f.LIST.ROW.COLUMN``."""
    for row in range(MOST_ROWS):
        first = f"{name}.{row}."
        if first + columns[0].name not in form.form:
            return
        filled = {column.name: form.word(first + column.name) for column in columns}
        if any(value.strip() for value in filled.values()):
            yield {name: value for name, value in filled.items() if value.strip()}
