"""A prompt as a VoiceXML 2.1 document (W3C Recommendation, 19 June 2007): what a telephone platform
reads aloud, and how it takes the answer: by keys or by voice, sent back to us as a form.

A telephone takes what can be chosen, counted, dated or spelt in digits. Words typed freely cannot be
had so: such a step is refused (``cannot``), and belongs to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from xml.etree import ElementTree as xml

from engine.errors import Refused
from engine.model import Expected, Prompt, PromptChoice, PromptField
from web.pages.wording import duration, label
from web.speech.plainly import plainly
from web.speech.text import Say, numbered

KIND: Final = "application/voicexml+xml"
_NAMESPACE: Final = "http://www.w3.org/2001/vxml"
_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
# What the platform itself knows how to hear (VoiceXML 2.1, appendix P), by type of field.
_BUILT_IN: Final[Mapping[str, str]] = {
    "integer": "digits", "number": "number", "money": "currency", "date": "date",
    "time": "time", "phone": "phone", "yesno": "boolean",
}  # fmt: skip
_DIGITS: Final = re.compile(r"(?:\\d|\[0-9\]|[0-9]|\{[0-9,]+\}|[+*?^$])+")
_TRIES: Final = 3
_LEFT_OUT: Final = "-"
_ANYTIME: Final = "anytime:"
# What XML has no way to write (XML 1.0, section 2.2).
_UNWRITTEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Place:
    """Where an answer is sent: the address, and what makes it count once."""

    def __init__(self, address: str, seq: int, client_id: str) -> None:
        self.address = address
        self.sent = {"seq": str(seq), "client_id": client_id}


def cannot(prompt: Prompt, expected: Expected) -> str:
    """What of a step cannot be had by telephone; "" where all can."""
    deaf = [f.name for f in prompt.fields if f.columns or not (f.choices or _built_in(f))]
    if deaf:
        return (
            f"words cannot be typed on a telephone ({', '.join(deaf)}): this step needs a person"
        )
    if expected.exits:
        return "an action is done here, not an answer given: this step needs a person"
    return ""


def document(
    prompt: Prompt, expected: Expected, say: Say, language: str, place: Place, why: str = ""
) -> str:
    """The document of a step; ``why`` the answer before was not accepted is said first. Raises
    Refused for what no telephone can take."""
    refused = cannot(prompt, expected)
    if refused:
        raise Refused(refused)
    root, form = _form(language, place)
    opening = [why] if why else []
    opening += [plainly(prompt.say, addresses=False), *_beside(prompt, say)]
    opening += [plainly(item, addresses=False) for item in prompt.checklist]
    block = xml.SubElement(form, "block")
    for words in opening:
        _prompt(block, words)
    if prompt.fields:
        for field in prompt.fields:
            _asked(form, field, say)
    elif expected.pick == "many":
        for choice in prompt.choices:
            _whether(form, choice, say)
    else:
        _choice(form, numbered(prompt) or (PromptChoice("continued", say("Go on")),), say)
    _ways(form, prompt, say, place)
    _send(form, place, _names(prompt, expected))
    return _written(root)


def ended(words: str, say: Say, language: str) -> str:
    """The document of an outcome: its words, and the line is hung up."""
    root = _root(language)
    block = xml.SubElement(xml.SubElement(root, "form"), "block")
    _prompt(block, plainly(words, addresses=False))
    xml.SubElement(block, "disconnect")
    return _written(root)


def waiting(say: Say, language: str, address: str) -> str:
    """The document while an action is under way: a moment, and asked again."""
    root = _root(language)
    block = xml.SubElement(xml.SubElement(root, "form"), "block")
    _prompt(block, say("One moment, please."))
    xml.SubElement(block, "goto", next=address)
    return _written(root)


def answer(sent: Mapping[str, str], prompt: Prompt, expected: Expected) -> Any:
    """The answer in what the platform sent; None where one only goes on. ``{"anytime": ID}`` too."""
    way = next((value for value in sent.values() if value.startswith(_ANYTIME)), "")
    if way:
        return {"anytime": way.removeprefix(_ANYTIME)}
    if prompt.fields:
        return {
            field.name: value
            for field in prompt.fields
            if (value := _heard(field, sent)) not in ("", [])
        }
    if expected.pick == "many":
        picked = [c.id for c in prompt.choices if sent.get(f"f_{c.id}") in ("true", "yes")]
        return picked or "none_of_these"
    return None if expected.type == "continued" else sent.get("answer", "")


# --------------------------------------------------------------------------------- what is said


def _beside(prompt: Prompt, say: Say) -> Iterator[str]:
    if prompt.help:
        yield plainly(prompt.help, addresses=False)
    if prompt.image:
        yield plainly(prompt.image[1])
    if prompt.link:
        yield plainly(prompt.link[1]) + _aloud(prompt.link[0])
    if prompt.wait:
        words, n = duration(prompt.wait)
        yield say("This takes about {duration}.", duration=say(words, n=n))


def _aloud(address: str) -> str:
    """A number to call or an address to write to can be said; a web address is not read out."""
    for kind in ("tel:", "mailto:"):
        if address.startswith(kind):
            return f": {address.removeprefix(kind)}"
    return ""


# ------------------------------------------------------------------------------- what is asked


def _asked(form: xml.Element, field: PromptField, say: Say) -> None:
    words = plainly(label(field)) + (f". {plainly(field.help)}" if field.help else "")
    if field.type == "choices":
        for choice in field.choices:
            _whether(form, choice, say, f"{field.name}_", words)
        return
    kind = _built_in(field)
    item = xml.SubElement(form, "field", name=f"f_{field.name}")
    if kind:
        item.set("type", kind)
    _prompt(item, words)
    if not kind:
        _options(item, field.choices, say)
    if not field.required:
        _prompt(item, say("To leave this out, press hash."))
        xml.SubElement(item, "option", dtmf="#", value=_LEFT_OUT).text = say("optional")
    _again(item, say)


def _built_in(field: PromptField) -> str:
    """What the platform hears it as; "" for what it cannot. Text that is digits alone by its
    pattern is keyed in."""
    if field.choices and field.type != "yesno":
        return ""
    if field.type == "text" and field.pattern and _DIGITS.fullmatch(field.pattern):
        return "digits"
    return _BUILT_IN.get(field.type, "")


def _choice(form: xml.Element, choices: Sequence[PromptChoice], say: Say) -> None:
    item = xml.SubElement(form, "field", name="answer")
    _options(item, choices, say)
    _again(item, say)


def _options(item: xml.Element, choices: Sequence[PromptChoice], say: Say) -> None:
    for n, choice in enumerate(choices, 1):
        words = plainly(choice.label, addresses=False)
        hint = f" {plainly(choice.hint, addresses=False)}" if choice.hint else ""
        _prompt(item, say("{choice}: press {n}.", choice=words, n=n) + hint)
    for n, choice in enumerate(choices, 1):
        option = xml.SubElement(item, "option", dtmf=str(n), value=choice.id)
        option.text = plainly(choice.label, addresses=False)


def _whether(
    form: xml.Element, choice: PromptChoice, say: Say, prefix: str = "", before: str = ""
) -> None:
    """One of several that may be picked: the telephone asks for each."""
    item = xml.SubElement(form, "field", name=f"f_{prefix}{choice.id}", type="boolean")
    words = plainly(choice.label, addresses=False)
    _prompt(item, f"{before}: {words}?" if before else f"{words}?")
    _prompt(item, say("For yes, press 1. For no, press 2."))
    _again(item, say)


def _again(item: xml.Element, say: Say) -> None:
    """Nothing was heard, or nothing that fits: asked again, and after some tries the line ends."""
    for kind in ("noinput", "nomatch"):
        event = xml.SubElement(item, kind)
        _prompt(event, say("I did not understand that."))
        xml.SubElement(event, "reprompt")
        last = xml.SubElement(item, kind, count=str(_TRIES))
        _prompt(last, say("I still do not understand. Please call again, or ask for a person."))
        xml.SubElement(last, "disconnect")


def _ways(form: xml.Element, prompt: Prompt, say: Say, place: Place) -> None:
    """The exits at any time stand as options of every field: star and a number. Whoever takes one
    is not asked for the rest."""
    for item in form.findall("field") if prompt.anytime else ():
        for n, way in enumerate(prompt.anytime, 1):
            words = plainly(way.label, addresses=False)
            if item is form.find("field"):
                _prompt(item, say("{choice}: press star {n}.", choice=words, n=n))
            option = xml.SubElement(item, "option", dtmf=f"* {n}", value=_ANYTIME + way.id)
            option.text = words
        name = item.get("name", "")
        gone = xml.SubElement(xml.SubElement(item, "filled"), "if")
        gone.set("cond", f"String({name}).indexOf('{_ANYTIME}') == 0")
        _submit(gone, place, [name])


def _names(prompt: Prompt, expected: Expected) -> list[str]:
    if prompt.fields:
        names = []
        for field in prompt.fields:
            several = field.type == "choices"
            names += [f"f_{field.name}_{c.id}" for c in field.choices] if several else []
            names += [] if several else [f"f_{field.name}"]
        return names
    return [f"f_{c.id}" for c in prompt.choices] if expected.pick == "many" else ["answer"]


def _heard(field: PromptField, sent: Mapping[str, str]) -> Any:
    """A field as the platform gives it: dates come as yyyymmdd, times as hhmm and a letter, money
    with its currency before it, yes and no as true and false."""
    name = f"f_{field.name}"
    if field.type == "choices":
        return [c.id for c in field.choices if sent.get(f"{name}_{c.id}") in ("true", "yes")]
    said = sent.get(name, "").strip()
    if said == _LEFT_OUT:
        return ""
    if field.type == "date" and len(said) == 8 and said.isdecimal():
        return f"{said[:4]}-{said[4:6]}-{said[6:]}"
    if field.type == "time" and len(said) >= 4 and said[:4].isdecimal():
        return _hour(said)
    if field.type == "money":
        return said.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return said


def _hour(said: str) -> str:
    hour, minute, half = int(said[:2]), said[2:4], said[4:5]
    hour += 12 if half == "p" and hour < 12 else -12 if half == "a" and hour == 12 else 0
    return f"{hour:02}:{minute}"


# ---------------------------------------------------------------------------------- the document


def _root(language: str) -> xml.Element:
    return xml.Element("vxml", {"version": "2.1", "xmlns": _NAMESPACE, _LANG: language})


def _form(language: str, place: Place) -> tuple[xml.Element, xml.Element]:
    root = _root(language)
    for name, value in place.sent.items():
        xml.SubElement(root, "var", name=name, expr=f"'{value}'")
    return root, xml.SubElement(root, "form", id="step")


def _send(form: xml.Element, place: Place, names: list[str]) -> None:
    _submit(xml.SubElement(form, "filled", mode="all"), place, names)


def _submit(parent: xml.Element, place: Place, names: list[str]) -> None:
    every = " ".join((*names, *place.sent))
    xml.SubElement(parent, "submit", next=place.address, method="post", namelist=every)


def _prompt(parent: xml.Element, words: str) -> None:
    xml.SubElement(parent, "prompt").text = _UNWRITTEN.sub(" ", words)


def _written(root: xml.Element) -> str:
    xml.indent(root)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"
    )
