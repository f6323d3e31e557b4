"""A prompt as plain text with numbered answers, and what is typed in reply.

For chats, messages and terminals of others: whoever reads it needs nothing but these words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from engine.errors import InvalidAnswer
from engine.model import Expected, Noun, Prompt, PromptChoice, PromptField
from web.pages.search import distance
from web.pages.wording import duration, folded, label
from web.speech.plainly import plainly
from web.words import marked

Say = Callable[..., str]  # from English words to the walk's language
_ONE: Final = re.compile(r"\d+")
_APART: Final = re.compile(r"[\s,;+&]+")


class Heard(Noun, frozen=True):
    """What a reply means: ``answered`` with an answer, ``continued``, or ``went_back``."""

    type: str
    answer: Any = None


def spoken(prompt: Prompt, expected: Expected, say: Say, *, back: bool = True) -> str:
    """All that the page of a step says, and how to reply."""
    parts = [plainly(prompt.say), *_beside(prompt, say)]
    choices = numbered(prompt)
    if choices:
        parts.append("\n".join(f"{n}. {_line(choice)}" for n, choice in enumerate(choices, 1)))
    elif prompt.checklist:
        parts.append("\n".join(f"- {plainly(item)}" for item in prompt.checklist))
    elif len(prompt.fields) > 1:
        parts.append("\n".join(f"{_field(field, say)}" for field in prompt.fields))
    elif prompt.fields:
        parts.append(_field(prompt.fields[0], say))
    ways = [f"{_letter(n)}. {plainly(way.label)}" for n, way in enumerate(prompt.anytime)]
    if ways:
        parts.append("\n".join(ways))
    parts.append(_how(prompt, expected, say, back))
    return "\n\n".join(part for part in parts if part)


def heard(reply: str, prompt: Prompt, expected: Expected, say: Say) -> Heard:
    """What a reply means here. Raises InvalidAnswer, in the words of ``say``."""
    words = " ".join(folded(reply).split()).strip(" .!")
    if words in {"back", *_words(say, "BACK")}:
        return Heard("went_back")
    way = _way(words, prompt)
    if way is not None:
        return Heard("answered", {"anytime": way})
    if expected.type == "continued":
        if words in {
            "",
            "ok",
            "okay",
            "yes",
            "done",
            *_words(say, "OK"),
            *_words(say, marked("Yes")),
        }:
            return Heard("continued")
        raise InvalidAnswer("", _on(say))
    if expected.fields:
        return Heard("answered", _filled(reply, prompt.fields, say))
    choices = numbered(prompt)
    if expected.pick == "many":
        return Heard("answered", _several(words, choices, say))
    return Heard("answered", _picked(words, choices, say).id)


def numbered(prompt: Prompt) -> tuple[PromptChoice, ...]:
    """The choices in the order of their numbers, "none of these" the last."""
    if not prompt.none_of_these:
        return prompt.choices
    return (*prompt.choices, PromptChoice("none_of_these", prompt.none_of_these))


# ------------------------------------------------------------------------------------ speaking


def _beside(prompt: Prompt, say: Say) -> Iterator[str]:
    """What stands around the question on a page."""
    if prompt.hint:
        yield f"{say('Hint')}: {plainly(prompt.hint)}"
    if prompt.help:
        yield plainly(prompt.help)
    if prompt.image:
        picture = say("Picture")
        yield f"[{picture}: {plainly(prompt.image[1])}]"
    if prompt.link:
        yield f"{plainly(prompt.link[1])}: {prompt.link[0].removeprefix('tel:').removeprefix('mailto:')}"
    if prompt.wait:
        words, n = duration(prompt.wait)
        yield say("This takes about {duration}.", duration=say(words, n=n))


def _line(choice: PromptChoice) -> str:
    hint = f" ({plainly(choice.hint)})" if choice.hint else ""
    picture = f" [{plainly(choice.image[1])}]" if choice.image else ""
    return plainly(choice.label) + hint + picture


def _field(field: PromptField, say: Say) -> str:
    words = plainly(label(field))
    if field.help:
        words += f" ({plainly(field.help)})"
    if field.choices:
        words += ": " + ", ".join(plainly(choice.label) for choice in field.choices)
    return words if field.required else f"{words} ({say('optional')})"


def _how(prompt: Prompt, expected: Expected, say: Say, back: bool) -> str:
    if expected.type == "continued":
        how = say("Tick each once it is done") if prompt.checklist else ""
        how = f"{how}. {_on(say)}" if how else _on(say)
    elif expected.pick == "many":
        how = say("Reply with the numbers, like 1 3.")
    elif numbered(prompt):
        how = say("Reply with a number.")
    elif len(prompt.fields) > 1:
        how = say("Reply with a line for each, in this order; - leaves one out.")
    else:
        how = say("Reply with your answer.")
    if prompt.anytime:
        how += " " + say("A letter takes you there at any time.")
    return how + " " + say("Reply {word} to go back.", word=say("BACK")) if back else how


# ------------------------------------------------------------------------------------- hearing


def _words(say: Say, english: str) -> set[str]:
    """How a word may be typed in the walk's language."""
    return {folded(english), folded(say(english))}


def _on(say: Say) -> str:
    return say("Reply {word} to go on.", word=say("OK"))


def _letter(n: int) -> str:
    return chr(ord("A") + n) if n < 26 else f"A{n}"


def _way(words: str, prompt: Prompt) -> str | None:
    for n, way in enumerate(prompt.anytime):
        if words in (folded(_letter(n)), folded(plainly(way.label))):
            return way.id
    return None


def _picked(words: str, choices: Sequence[PromptChoice], say: Say) -> PromptChoice:
    """The choice that a number or its words mean. Its words may be begun, or slip by a letter."""
    if _ONE.fullmatch(words):
        if 1 <= int(words[:9]) <= len(choices):
            return choices[int(words) - 1]
        raise InvalidAnswer("", say("Reply with a number from 1 to {n}.", n=len(choices)))
    told = [(choice, folded(plainly(choice.label)).strip(" .!")) for choice in choices]
    for fits in (_same, _id, _begun, _near):
        found = [choice for choice, name in told if words and fits(words, name, choice)]
        if len(found) == 1:
            return found[0]
    raise InvalidAnswer("", say("Reply with a number from 1 to {n}.", n=len(choices)))


def _same(words: str, name: str, choice: PromptChoice) -> bool:
    return words == name


def _id(words: str, name: str, choice: PromptChoice) -> bool:
    return words == folded(choice.id)


def _begun(words: str, name: str, choice: PromptChoice) -> bool:
    return name.startswith(words)


def _near(words: str, name: str, choice: PromptChoice) -> bool:
    slips = 1 if len(name) < 8 else 2
    return len(words) > 3 and distance(words, name, slips) <= slips


def _several(words: str, choices: Sequence[PromptChoice], say: Say) -> Any:
    parts = [part for part in _APART.split(words) if part]
    if not parts or not all(_ONE.fullmatch(part) for part in parts):
        return _none_alone([_picked(words, choices, say).id])
    return _none_alone(list(dict.fromkeys(_picked(part, choices, say).id for part in parts)))


def _none_alone(ids: list[str]) -> Any:
    return "none_of_these" if ids == ["none_of_these"] else ids


def _filled(reply: str, fields: Sequence[PromptField], say: Say) -> dict[str, Any]:
    """A reply to a form: its one field, or a line for each."""
    lines = [reply.strip()] if len(fields) == 1 else [line.strip() for line in reply.splitlines()]
    if len(lines) > len(fields):
        raise InvalidAnswer(
            "", say("Reply with a line for each, in this order; - leaves one out.")
        )
    found: dict[str, Any] = {}
    for field, line in zip(fields, lines, strict=False):
        if line and line != "-":
            found[field.name] = _value(line, field, say)
    return found


def _value(line: str, field: PromptField, say: Say) -> Any:
    if not field.choices:
        return line
    words = " ".join(folded(line).split()).strip(" .!")
    try:
        if field.type == "choices":
            several = _several(words, field.choices, say)
            return several if isinstance(several, list) else [several]
        return _picked(words, field.choices, say).id
    except InvalidAnswer as refused:
        raise InvalidAnswer(field.name, refused.fields[0][1]) from None
