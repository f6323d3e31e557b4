"""A library with a step of every kind, and one whose words are hostile, for tests of pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from engine.load import Examined, examine

FILES: Mapping[str, str] = {
    "library.yaml": """
format: 1
currency: EUR
teams:
  seniors: {label: Senior staff}
dispositions:
  done: {label: All done}
actions:
  look_up:
    label: Look the case up
    takes: {case: text}
    exits:
      found: {day: date, paid: {type: money, required: false}, options: {list: {slot: text, label: text, on: date}, min: 1}}
      none: {}
    failed: none
  approve:
    label: Approve the exception
    by: seniors
    takes: {case: text}
    exits: {approved: {}, refused: {reason: text}}
""",
    "kinds/kinds.yaml": """
format: 1
title: A step of every kind
summary: What pages can show.
audience: [agent, customer]
start: greet
given:
  colour: {type: choice, of: {red: Red, blue: Blue}, label: Colour}
  number: {type: integer, required: false, min: 1, max: 9}
anytime:
  gone: {label: The caller is gone, next: over}
nodes:
  greet:
    tell: |
      Good day, and welcome.

      - Speak *slowly*.
      - See [our page](https://example.org/help).
    hint: Smile; it can be heard.
    help: Take your time.
    checklist: [Coat on, Shoes on]
    wait: 90s
    next: consent
  consent:
    tell: I must read this to you word for word.
    verbatim: true
    next: form
  form:
    ask: Please fill this in.
    fields:
      word: {type: text, label: A word, max: 20, help: Any word will do.}
      story: {type: long_text, label: A story, required: false}
      whole: {type: integer, label: A whole number, min: 1, max: 10}
      exact: {type: number, label: A number, required: false}
      price: {type: money, label: A price, required: false}
      phone: {type: phone, label: A phone, private: true, required: false}
      mail: {type: email, label: An e-mail, required: false}
      day: {type: date, label: A day, required: false}
      month: {type: month, label: A month, required: false}
      time: {type: time, label: A time, required: false}
      sure: {type: yesno, label: Sure}
      one: {type: choice, of: {a: The first, b: The second}, label: One of them, required: false}
      some: {type: choices, of: {x: Ex, y: Why, z: Zed}, label: Some of them, required: false}
    next: many
  many:
    ask: Which of these?
    pick: many
    choices: {fast: Fast, cheap: Cheap, good: Good}
    none_of_these: {label: None of them}
    next: look
  look:
    run: look_up
    with: {case: form.word}
    exits: {found: slot, none: exception}
  slot:
    ask: Which day suits you?
    choices_from: look.options
    none_of_these: {label: No day suits, next: exception}
    next: exception
  exception:
    run: approve
    with: {case: form.word}
    exits: {approved: over, refused: over}
  over:
    end: That is all, {form.word}.
    disposition: done
    hand_to: seniors
    follow_up: {due: 'later(today, 2, "workdays")', why: Ask how it went., by: seniors}
""".replace("That is all, {form.word}.", "That is all."),
    "kinds/salam.yaml": """
format: 1
title: سلام
languages: {source: ar}
start: hello
nodes:
  hello:
    ask: هل يعمل الإنترنت؟
    choices: {yes: bye, no: bye}
  bye:
    end: شكراً.
""",
    # The checker refuses HTML; what is spelt as entities is text, and must stay text.
    "hostile/hostile.yaml": r"""
format: 1
title: '&lt;script>alert(1)&lt;/script> {{ 77777 * 3 }} &lt;b>bold&lt;/b>'
summary: '&lt;img src=x onerror=alert(1)> "quoted"'
tags: ["<i>tag</i>", '" onmouseover=alert(1)']
start: first
given:
  who: {type: text, label: '&lt;u>Who&lt;/u>', required: false}
nodes:
  first:
    ask: '&lt;script>alert(2)&lt;/script> {{ 77777 * 3 }} "quoted"'
    hint: '&lt;iframe src="https://evil.example">&lt;/iframe>'
    choices:
      one: {label: '&lt;b onclick=alert(4)>One&lt;/b>', next: form}
      two: {label: '" autofocus onfocus=alert(5) x="', next: form}
  form:
    ask: Say anything.
    fields:
      any: {type: long_text, label: '&lt;/label>&lt;script>alert(6)&lt;/script>'}
    next: echo
  echo:
    tell: "You said {form.any}, {{ 77777 * 3 }}."
    next: bye
  bye:
    end: "Bye, {form.any}."
""",
}


def write(folder: Path, files: Mapping[str, str] = FILES) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip(), encoding="utf-8")
    return folder


@cache
def kinds() -> Examined:
    """The library, examined once."""
    found = examine(write(Path(mkdtemp())))
    assert {"kinds", "hostile"} <= found.explored.keys(), found.errors
    return found
