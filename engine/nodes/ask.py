"""The verb `ask`: a question, answered by a choice, a form, or a row that an action returned.

lights:
  ask: What colour is the light?
  choices: {green: line_test, red: reboot}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.errors import EmptyValue, InvalidAnswer
from engine.expr import Unknown, describe
from engine.fields import is_empty, parse_field, to_plain
from engine.kit.builder import Builder
from engine.kit.moves import ANY, STANDS, Entered, Possible, Took, possible_field
from engine.kit.passing import accepted_before, secret_or_plain
from engine.kit.prompting import default_value, known_value, shown, shown_fields
from engine.kit.scope import Scope
from engine.model import (
    Answer,
    Expected,
    Expr,
    Field,
    Image,
    Node,
    Noun,
    Path,
    Prompt,
    PromptChoice,
    Text,
    Type,
    Value,
)
from engine.speak import escape

# What this verb adds to a node, as JSON Schema (what every node has is in engine/schema.py).
SCHEMA: Mapping[str, Any] = {
    "required": ["ask"],
    "properties": {
        "ask": {"$ref": "#/$defs/words", "description": "The question, as it is said or shown."},
        "choices": {"$ref": "#/$defs/choices"},
        "pick": {
            "enum": ["one", "many"],
            "description": "`many`: several choices may be ticked; the node then has one `next`.",
        },
        "fields": {
            "$ref": "#/$defs/fields",
            "description": "A form: its fields by name. It needs `next`.",
        },
        "choices_from": {
            "$ref": "#/$defs/expression",
            "description": "A list that an action returned, like `slots.options`: the answer is the row picked. It needs `next`.",
        },
        "once": {
            "$ref": "#/$defs/yes_or_no",
            "description": "Leave out rows that were picked on earlier visits.",
        },
        "none_of_these": {"$ref": "#/$defs/none_of_these"},
        "known": {
            "$ref": "#/$defs/expression",
            "description": "Answers the question by itself when this value is there and legal.",
        },
        "next": {
            "$ref": "#/$defs/way",
            "description": "The one way for all answers. Then a choice that is plain text is a label.",
        },
    },
}


class Choice(Noun, frozen=True):
    """One answer of a question; ``to`` is its own way, or the node's one way."""

    id: str
    label: Text
    to: str
    hint: Text | None = None
    image: Image | None = None
    only: str = ""
    when: Expr | None = None


class Ask(Node, frozen=True, kw_only=True):
    """A question: choices, a form, or the rows that an action returned."""

    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()
    rows: Expr | None = None
    pick: str = ""  # "one", "many", "row"; "" is a form
    next: str = ""  # the one way, where choices have none of their own
    none: Choice | None = None  # none of these
    secret: frozenset[str] = frozenset()  # private columns of the rows
    key: str = ""  # the first column: a row's id
    known: Expr | None = None
    once: bool = False
    columns: tuple[Field, ...] = ()  # of the rows
    least: int = 0  # how many rows there are for certain

    # -- coming here

    def enter(self, scope: Scope) -> Entered:
        took = None
        if self.known is not None:
            took = self._known_choice(scope)
        elif self.fields and any(field.known for field in self.fields):
            took = self._known_form(scope)
        return took or STANDS

    def _known_choice(self, scope: Scope) -> Took | None:
        value = known_value(self.known, scope)
        if value is None:
            return None
        if isinstance(value, Unknown):
            return self._maybe_known(value, scope)
        rows = self.rows.run(scope) if self.rows is not None else ()
        if isinstance(rows, Unknown):
            return self._any_row(known=True) if rows.ask(rows.name, "has", value) else None
        try:
            took = self.accept(scope, to_plain(value), "")
        except InvalidAnswer:
            return None
        return Took(took.exit, took.to, took.gives, took.said, known=True)

    def _maybe_known(self, value: Unknown, scope: Scope) -> Took | None:
        """What a value that nobody knows yet may answer."""
        if self.pick == "one":
            for choice in self.offered(scope):
                if value.ask(value.name, "==", choice.id):
                    return self._took(choice.id, choice, known=True)
            return None
        if self.rows is not None:
            self.rows.run(scope)
        if not value.ask(value.name, "answers", self.id):
            return None
        return self._any_row(known=True) if self.rows else self._took(ANY, None, known=True)

    def _known_form(self, scope: Scope) -> Took | None:
        gives: dict[str, Value] = {}
        for field in self.fields:
            value = known_value(field.known, scope)
            if value is None or not _fits(field, value):
                value = known_value(field.default, scope)
            if value is None:
                if field.required:
                    return None
                continue
            gives[f"{self.id}.{field.name}"] = value
        if any(not _holds(field, scope, gives) for field in self.fields):
            return None
        return Took("next", self.next, gives, known=True)

    # -- an answer

    def accept(self, scope: Scope, answer: Answer, ref: str) -> Took:
        if self.fields:
            return self._form(scope, answer, ref)
        if self.pick == "row":
            return self._row(scope, answer, ref)
        return self._many(scope, answer) if self.pick == "many" else self._one(scope, answer)

    def _one(self, scope: Scope, answer: Answer) -> Took:
        if answer is True or answer is False:
            answer = "yes" if answer else "no"
        for choice in self.choices:
            if choice.id == answer and is_offered(choice, scope):
                return self._took(answer, choice, said=answer)
        raise InvalidAnswer("", _choose(scope, self.offered(scope)))

    def _many(self, scope: Scope, answer: Answer) -> Took:
        ids = [answer] if isinstance(answer, str) and answer else answer
        if ids == ["none_of_these"]:
            ids = []
        if not isinstance(ids, list | tuple):
            raise InvalidAnswer("", "tick at least one of them")
        offered = self.offered(scope)
        known = {choice.id for choice in offered}
        if any(id not in known for id in ids if isinstance(id, str)) or len(
            set(map(str, ids))
        ) != len(ids):
            raise InvalidAnswer("", _choose(scope, offered, "tick among"))
        if any(not isinstance(id, str) for id in ids):
            raise InvalidAnswer("", _choose(scope, offered, "tick among"))
        if not ids and self.none is None:
            raise InvalidAnswer("", "tick at least one of them")
        ticked = tuple(choice.id for choice in offered if choice.id in ids)
        return self._took(ticked, None, said=list(ticked))

    def _row(self, scope: Scope, answer: Answer, ref: str) -> Took:
        if self.none and answer in ("none_of_these", {"none_of_these": True}):
            return Took("none_of_these", self.none.to, {}, "none_of_these")
        rows = self._rows(scope)
        for row in rows:
            id = to_plain(next(iter(row.values())))
            if id == answer:
                return self._picked(answer, row, ref)
        known = ", ".join(str(to_plain(next(iter(row.values())))) for row in rows[:12])
        raise InvalidAnswer("", f"choose one of: {known}" if known else "there is none to choose")

    def _picked(self, id: str, row: Mapping[str, Value], ref: str) -> Took:
        """The row as it stands from now on, whatever becomes of the list."""
        plain = {name: to_plain(value) for name, value in row.items()}
        secret = {name: plain[name] for name in plain if name in self.secret} if ref else {}
        kept = plain | {name: {"private": ref} for name in secret}
        said: Any = id
        if self.key in secret:
            said, secret[""] = {"": {"private": ref}}, id
        took = self._took(id, None, row=row)
        return Took(took.exit, took.to, took.gives, said, secret, kept)

    def again(self, result: Mapping[str, Any]) -> Took:
        """What was answered, taken again where some of it is erased."""
        if self.pick == "row":
            cells = {f"{self.id}.{name}": cell for name, cell in result.items() if name}
            return Took("next", self.next, {self.id: result[""], **cells})
        given = {field.name: field for field in self.fields if field.name in result}
        gives = {
            f"{self.id}.{name}": accepted_before(field, result[name])
            for name, field in given.items()
        }
        return Took("next", self.next, gives)

    def _form(self, scope: Scope, answer: Answer, ref: str) -> Took:
        if not isinstance(answer, Mapping):
            raise InvalidAnswer("", "fill in the form: an answer for each of its fields")
        names = {field.name for field in self.fields}
        wrong = [
            (str(name), f"this form has no field {name!r}") for name in answer if name not in names
        ]
        gives: dict[str, Value] = {}
        for field in self.fields:
            try:
                value = _typed(field, answer.get(field.name), scope)
            except ValueError as refused:
                wrong.append((field.name, str(refused)))
                continue
            if value is not None:
                gives[field.name] = value
        if not wrong:
            full = {f"{self.id}.{name}": value for name, value in gives.items()}
            wrong = [
                (
                    field.name,
                    scope.say(field.message) or "this does not fit with what was said before",
                )
                for field in self.fields
                if not _holds(field, scope, full)
            ]
        if wrong:
            raise InvalidAnswer(*wrong[0], wrong[1:])
        said, secret = secret_or_plain(self.fields, gives, ref)
        return Took(
            "next", self.next, {f"{self.id}.{k}": v for k, v in gives.items()}, said, secret
        )

    def _took(
        self,
        value: Value,
        choice: Choice | None,
        *,
        said: Any = None,
        row: Mapping[str, Value] | None = None,
        known: bool = False,
    ) -> Took:
        gives = {self.id: value}
        if row:
            gives |= {f"{self.id}.{name}": cell for name, cell in row.items()}
        if choice is None or self.next:
            return Took("next", self.next, gives, said, known=known)
        return Took(choice.id, choice.to, gives, said, known=known)

    # -- every answer that there could be

    def ways(self, scope: Scope) -> Iterator[Took]:
        if self.fields:
            gives = {f"{self.id}.{f.name}": possible_field(f) for f in self.fields}
            yield Took("next", self.next, gives)
        elif self.pick == "row":
            yield from self._row_ways(scope)
        elif self.pick == "many":
            yield self._took(ANY, None)
        else:
            yield from self._choice_ways(scope)

    def _choice_ways(self, scope: Scope) -> Iterator[Took]:
        offered = self.offered(scope)
        if not self.next:
            for choice in offered:
                yield self._took(choice.id, choice)
        elif offered:
            yield self._took(Possible(tuple(choice.id for choice in offered)), None)

    def _row_ways(self, scope: Scope) -> Iterator[Took]:
        assert self.rows is not None
        rows = self.rows.run(scope)
        if self.none:
            yield Took("none_of_these", self.none.to)
        elif self._may_run_out(scope) and not rows.ask(rows.name, "has", "a row left to pick"):
            return
        yield self._any_row()

    def _may_run_out(self, scope: Scope) -> bool:
        """Whether there may be no row to pick: none came, or all were picked before."""
        return self.least < 1 or (self.once and bool(scope.visits(self.id) > 1))

    def _any_row(self, *, known: bool = False) -> Took:
        row = {column.name: possible_field(column) for column in self.columns}
        return self._took(ANY, None, row=row, known=known)

    # -- what is shown

    def offered(self, scope: Scope) -> tuple[Choice, ...]:
        return tuple(choice for choice in self.choices if is_offered(choice, scope))

    def prompt(self, scope: Scope) -> Prompt:
        return Prompt(
            **shown(self, scope),
            pick="one" if self.pick == "row" else self.pick,
            choices=self._shown_choices(scope),
            none_of_these=scope.say(self.none.label) if self.none else "",
            fields=shown_fields(self.fields, scope, self.id + "."),
        )

    def _shown_choices(self, scope: Scope) -> tuple[PromptChoice, ...]:
        if self.pick == "row":
            return tuple(map(_shown_row, self._rows(scope)))
        agent = scope.who.audience == "agent"
        return tuple(
            PromptChoice(
                choice.id,
                scope.say(choice.label),
                scope.say(choice.hint) if agent and choice.hint else "",
                (choice.image.file, scope.say(choice.image.alt)) if choice.image else None,
            )
            for choice in self.offered(scope)
        )

    def expects(self, scope: Scope) -> Expected:
        ids = [choice.id for choice in self.offered(scope)]
        if self.pick == "row":
            ids = [str(to_plain(next(iter(row.values())))) for row in self._rows(scope)]
        return Expected(
            type="answered",
            node=self.id,
            pick=self.pick,
            choices=tuple(ids),
            none_of_these=self.none is not None,
            fields=shown_fields(self.fields, scope, self.id + "."),
        )

    def labels(self) -> Mapping[str, Mapping[str, Text]]:
        if self.choices:
            return {self.id: {choice.id: choice.label for choice in self.choices}}
        return {
            f"{self.id}.{field.name}": {option.id: option.label for option in field.of}
            for field in self.fields
            if field.of
        }

    def _rows(self, scope: Scope) -> tuple[Mapping[str, Value], ...]:
        assert self.rows is not None
        rows: tuple[Mapping[str, Value], ...] = self.rows.run(scope)
        if isinstance(rows, Unknown):
            return ()
        if not self.once:
            return rows
        picked = scope.every(self.id)
        return tuple(row for row in rows if to_plain(next(iter(row.values()))) not in picked)


def is_offered(choice: Choice, scope: Scope) -> bool:
    if choice.only and choice.only != scope.who.audience:
        return False
    return choice.when is None or bool(choice.when.run(scope))


def _choose(scope: Scope, choices: Iterable[Choice], how: str = "choose one of") -> str:
    return f"{how}: {', '.join(choice.id for choice in choices)}"


def _shown_row(row: Mapping[str, Value]) -> PromptChoice:
    id = str(to_plain(next(iter(row.values()))))
    return PromptChoice(id, escape(str(row.get("label", id))))


def _typed(field: Field, raw: Any, scope: Scope) -> Value | None:
    """What a person typed into a field, or its default where nothing was typed: that is judged as if
    it had been typed, for the record says that it was."""
    if not is_empty(raw):
        return parse_field(field, raw)
    value: Value | None = default_value(field, scope)
    if value is None and field.required:
        raise ValueError("please fill this in")
    if value is None or isinstance(value, Unknown):
        return value
    return parse_field(field, to_plain(value))


def _fits(field: Field, value: Value) -> bool:
    """Whether a value that is known already would be accepted if somebody typed it."""
    if isinstance(value, Unknown):
        return value.ask(value.name, "fits", field.name)
    try:
        parse_field(field, to_plain(value))
    except ValueError:
        return False
    return True


def _holds(field: Field, scope: Scope, gives: Mapping[str, Value]) -> bool:
    """Whether the field's ``must`` holds with the whole form filled in. A rule that reads a field
    left empty does not apply."""
    if field.must is None:
        return True
    form = scope.tree.gives[str(field.at[1])]
    filled = scope.with_values(gives, instead=form)
    try:
        return bool(field.must.run(filled))
    except EmptyValue as empty:
        if empty.name not in form:
            raise
        return True


def types(id: str, data: Mapping[str, Any], b: Builder) -> Mapping[str, Type]:
    if "fields" in data:
        return b.remember(id + ".", b.fields(data["fields"], ("nodes", id, "fields")))
    if "choices_from" in data:
        listed = b.list_type(str(data["choices_from"]))
        columns = {f"{id}.{name}": kind for name, kind in listed.columns}
        b.private.update(f"{id}.{name}" for name in _private_columns(data, b))
        return {id: Type("choice", open=True), **columns}
    ids = tuple(data.get("choices") or ())
    if data.get("pick") == "many":
        return {id: Type("list", ids)}
    return {id: Type("choice", ids)}


def build(id: str, data: Mapping[str, Any], b: Builder) -> Ask:
    at: Path = ("nodes", id)
    next = str(data.get("next") or "")
    fields = tuple(
        b.complete(field, data["fields"][field.name])
        for field in b.fields(data.get("fields"), (*at, "fields"))
    )
    choices = tuple(
        _choice(name, value, (*at, "choices", name), next, b)
        for name, value in (data.get("choices") or {}).items()
    )
    none = _none(data.get("none_of_these"), (*at, "none_of_these"), next, b)
    listed = b.list_type(str(data.get("choices_from")))
    return Ask(
        secret=frozenset(_private_columns(data, b)),
        key=listed.columns[0][0] if listed.columns else "",
        **b.common(id, data),
        say=b.text(data["ask"], (*at, "ask")),
        choices=choices,
        fields=fields,
        rows=_rows_of(data.get("choices_from"), (*at, "choices_from"), b),
        pick=_pick(data),
        next=next,
        none=none,
        known=b.expr(data.get("known"), (*at, "known"), b.types.get(id)),
        once=bool(data.get("once", False)),
        columns=b.list_columns(str(data.get("choices_from"))),
        least=b.least_rows(str(data.get("choices_from"))),
        exits=tuple(_exits(id, data, choices, none, next, b)),
    )


def _rows_of(value: Any, at: Path, b: Builder) -> Expr | None:
    rows = b.expr(value, at)
    if rows is not None and not rows.type.columns:
        message = f"'choices_from' wants a list of rows that an action gives; this is {describe(rows.type)}"
        b.find("expression", message, at)
    return rows


def _private_columns(data: Mapping[str, Any], b: Builder) -> list[str]:
    source = str(data.get("choices_from")).strip()
    columns = (name for name, _ in b.list_type(source).columns)
    return [name for name in columns if f"{source}.{name}" in b.private]


def _pick(data: Mapping[str, Any]) -> str:
    if "choices_from" in data:
        return "row"
    return str(data.get("pick") or "one") if "choices" in data else ""


def _choice(id: str, data: Any, at: Path, next: str, b: Builder) -> Choice:
    if not isinstance(data, Mapping):
        word = None if data is None else b.written(data, at)
        # With one way for all, a plain string is a label; otherwise it is the way.
        data = {"label": word} if next else {"next": word}
        return Choice(id, b.label(data.get("label"), _label_path(at, next), id), next or str(word))
    return Choice(
        id,
        b.label(data.get("label"), (*at, "label"), id),
        str(data.get("next") or next),
        b.text(data.get("hint"), (*at, "hint")),
        b.image(data.get("image"), (*at, "image")),
        str(data.get("only") or ""),
        b.condition(data.get("when"), (*at, "when")),
    )


def _label_path(at: Path, next: str) -> Path:
    return at if next else (*at, "label")


def _none(data: Any, at: Path, next: str, b: Builder) -> Choice | None:
    if data is None:
        return None
    if not isinstance(data, Mapping):
        data = {"label": b.written(data, at)} if data is not True else {}
    label = b.label(data.get("label"), (*at, "label"), "none_of_these")
    return Choice("none_of_these", label, str(data.get("next") or next))


def _exits(
    id: str,
    data: Mapping[str, Any],
    choices: Iterable[Choice],
    none: Choice | None,
    next: str,
    b: Builder,
) -> Iterator[Any]:
    at: Path = ("nodes", id)
    if next:
        yield b.exit("next", next, (*at, "next"))
    else:
        for choice in choices:
            own = (*at, "choices", choice.id)
            long = isinstance(data["choices"][choice.id], Mapping)
            yield b.exit(choice.id, choice.to, (*own, "next") if long else own)
    if none is not None and _pick(data) == "row":
        yield b.exit("none_of_these", none.to, (*at, "none_of_these", "next"))
