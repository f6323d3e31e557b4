"""A prompt in the terminal, and the answer to it. Not a command."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from engine.model import Expected, Prompt, PromptField
from web.cli.terminal import coloured

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


class GoBack(Exception):
    """Whoever answers wants the step before."""


class Stop(Exception):
    """Whoever answers has had enough."""


class Note(Exception):
    """Whoever answers wants to note something; its text."""


_HELP = """  a number or an id chooses; several with commas where several may be ticked
  Enter goes on, or leaves a field as it is
  !ID takes an exit that is offered at any time
  b back to the step before      n TEXT notes something
  q stops, and says how to go on      ? this help
  a text that is one of these letters alone: \\b, \\n, \\q"""


def plain(markdown: str) -> str:
    """Markdown as it reads in a terminal: its escapes undone, the marks left."""
    return _ESCAPED.sub(r"\1", markdown)


def show(prompt: Prompt, task: bool = False) -> None:
    if task:
        print(coloured(f"\nTo do: {plain(prompt.say)}", "blue"))
    else:
        print("\n" + coloured(plain(prompt.say), "bold"))
    for line in _beside(prompt):
        print(line)
    for n, choice in enumerate(prompt.choices, 1):
        hint = coloured(f"  ({plain(choice.hint)})", "dim") if choice.hint else ""
        print(f"  {n}  {plain(choice.label)}{hint}")
    if prompt.none_of_these:
        print(f"  0  {plain(prompt.none_of_these)}")
    if prompt.anytime:
        offered = ", ".join(f"!{way.id}" for way in prompt.anytime)
        print(coloured(f"  at any time: {offered}", "dim"))


def _beside(prompt: Prompt) -> Iterator[str]:
    yield from (
        coloured(f"  ({plain(words)})", "dim") for words in (prompt.hint, prompt.help) if words
    )
    if prompt.image:
        yield coloured(f"  [picture: {plain(prompt.image[1])}]", "dim")
    if prompt.link:
        yield f"  {prompt.link[1]}: {prompt.link[0]}"
    yield from (f"  [ ] {plain(item)}" for item in prompt.checklist)
    if prompt.wait:
        yield coloured(f"  (takes about {prompt.wait} seconds)", "dim")


def answered(prompt: Prompt, expected: Expected) -> Any:
    """What is typed as an answer. Raises GoBack, Stop."""
    if expected.exits:
        exit = _choice(prompt, _line("how did it go? "))
        if isinstance(exit, dict):
            return exit
        outputs = _filled(expected.exits.get(exit, ()))
        return outputs if _is_anytime(outputs) else {"exit": exit, **outputs}
    if prompt.fields:
        return _filled(prompt.fields)
    if not prompt.choices and not prompt.none_of_these:
        return _choice(prompt, _line("Enter goes on "), empty=None)
    if prompt.pick == "many":
        return _many(prompt, _line("numbers, with commas: "))
    return _choice(prompt, _line("> "))


def _line(question: str) -> str:
    """A line as it was typed. Raises GoBack, Note, Stop for what is no answer."""
    try:
        line = input(coloured(question, "blue")).strip()
    except EOFError:
        raise Stop from None
    if line == "?":
        print(_HELP)
        return _line(question)
    if line == "b":
        raise GoBack
    if line == "q":
        raise Stop
    if line == "n" or line.startswith("n "):
        raise Note(line[2:].strip() or input(coloured("note: ", "blue")).strip())
    return line[1:] if line in ("\\b", "\\n", "\\q", "\\?") else line


def _choice(prompt: Prompt, line: str, empty: Any = "") -> Any:
    if line.startswith("!"):
        return {"anytime": line[1:]}
    if not line:
        return empty
    if line == "0" and prompt.none_of_these:
        return "none_of_these"
    if line.isdecimal() and 1 <= int(line) <= len(prompt.choices):
        return prompt.choices[int(line) - 1].id
    return line


def _many(prompt: Prompt, line: str) -> Any:
    if line.startswith("!"):
        return {"anytime": line[1:]}
    ticked = [_choice(prompt, part.strip()) for part in line.split(",") if part.strip()]
    return [] if ticked == ["none_of_these"] else ticked


def _filled(fields: Iterable[PromptField]) -> dict[str, Any]:
    """What is typed into fields, by name, without what was left empty; or an exit offered at any
    time."""
    filled: dict[str, Any] = {}
    for field in fields:
        value = _rows(field) if field.type == "list" else _field(field)
        if _is_anytime(value):
            return dict(value)
        filled[field.name] = value
    return {name: value for name, value in filled.items() if value not in ("", [])}


def _is_anytime(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"anytime"}


def _rows(field: PromptField) -> Any:
    """Rows, cell by cell, until the first cell of one is left empty."""
    print(f"{plain(field.label)}, row by row; an empty first cell ends")
    found: list[dict[str, Any]] = []
    while True:
        row: dict[str, Any] = {}
        for n, column in enumerate(field.columns):
            value = _field(column)
            if _is_anytime(value):
                return value
            if n == 0 and value == "":
                return found
            row[column.name] = value
        found.append(row)


def _field(field: PromptField) -> Any:
    hint = f" ({plain(field.help)})" if field.help else ""
    numbered = ", ".join(f"{n} {choice.id}" for n, choice in enumerate(field.choices, 1))
    options = f" [{numbered}]" if numbered else ""
    before = f" [{field.value}]" if field.value is not None else ""
    optional = "" if field.required or before else " (may be left empty)"
    line = _line(f"{plain(field.label)}{hint}{options}{before}{optional}: ")
    if line.startswith("!"):
        return {"anytime": line[1:]}
    if not line and field.value is not None:
        return field.value
    if field.type == "choices" and line:
        return [_option(field, part.strip()) for part in line.split(",")]
    return _option(field, line)


def _option(field: PromptField, word: str) -> str:
    """A word that was typed, or the option of that number."""
    if word.isdecimal() and 1 <= int(word) <= len(field.choices):
        return field.choices[int(word) - 1].id
    return word
