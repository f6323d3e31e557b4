"""Laws of the language, tried on random expressions."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, localcontext
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import EmptyValue
from engine.expr import ExpressionError, Unknown, compile
from engine.model import Expr, Kind, Type
from tests.expr_random import EXACT, Maker, Missing, Pair, oracle, plausible, value_of
from tests.expr_world import TYPES, Here, Now, unknowns

seeds = st.integers(0, 2**32)
EACH = 100  # expressions made of a seed: 100 seeds are 10,000 expressions


def expressions(seed: int, depth: int = 4) -> list[tuple[Kind, Pair]]:
    dice = random.Random(seed)
    maker = Maker(dice)
    among: list[Kind] = ["yesno", "yesno", "number", "date"]
    kinds = [dice.choice(among) for _ in range(EACH)]
    made = [(kind, maker.make(kind, depth)) for kind in kinds]
    return [(kind, pair) for kind, pair in made if len(pair.ours) <= 400]


def ran(expr: Expr, scope: Now) -> Any:
    try:
        return expr.run(scope)
    except EmptyValue:
        return EmptyValue


def meant(python: str, scope: Now) -> Any:
    with localcontext(EXACT):
        try:
            return oracle(python, scope)
        except Missing:
            return EmptyValue


@settings(max_examples=100, deadline=None)
@given(seeds)
def test_means_what_python_means(seed: int) -> None:
    scope = Now(plausible(random.Random(seed)))
    for kind, (ours, python) in expressions(seed):
        expr = compile(ours, Here(), want=Type(kind))
        assert ran(expr, scope) == meant(python, scope), (ours, python)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_the_canonical_spelling_is_its_own_and_means_the_same(seed: int) -> None:
    scope = Now(plausible(random.Random(seed)))
    for kind, (ours, _python) in expressions(seed):
        expr = compile(ours, Here(), want=Type(kind))
        again = compile(expr.source, Here(), want=Type(kind))
        assert again.source == expr.source
        assert (again.type, again.reads, again.literals) == (expr.type, expr.reads, expr.literals)
        assert ran(again, scope) == ran(expr, scope)


def is_of(value: Any, type: Type) -> bool:
    if type.kind in ("number", "money"):
        return isinstance(value, Decimal | int) and Decimal(value).is_finite()
    if type.kind == "choice":
        return type.open or value in type.of
    return isinstance(value, {"date": date, "yesno": bool}[type.kind])


EXTREMES: dict[str, list[Any]] = {
    "number": [
        *[Decimal(0), Decimal("-0.0"), Decimal("1e-400000"), Decimal("-9.9e400000")],
        *[Decimal("9" * 5000), Decimal("0." + "7" * 5000)],
    ],
    "date": [date.min, date.max, date(2000, 2, 29), date(1, 1, 7), date(9999, 12, 1)],
    "moment": [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
    "text": ["", "\x00", "\ud800", "İ" * 100, "ſß"],
}


def extreme(dice: random.Random) -> dict[str, Any]:
    values = plausible(dice) | {n: value_of(t, dice) for n, t in TYPES.items()}
    for name, type in TYPES.items():
        kind = "number" if type.kind == "money" else type.kind
        if kind in EXTREMES and dice.random() < 0.7:
            values[name] = dice.choice(EXTREMES[kind])
    return values


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_runs_on_any_values_and_gives_what_it_says(seed: int) -> None:
    scope = Now(extreme(random.Random(seed)))
    for kind, (ours, _python) in expressions(seed):
        expr = compile(ours, Here(), want=Type(kind))
        assert is_of(expr.run(scope), expr.type), ours


class Watched(Now):
    """Remembers what was read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.seen: set[str] = set()

    def get(self, name: str) -> Any:
        self.seen.add(name)
        return super().get(name)

    def has(self, name: str) -> bool:
        self.seen.add(name)
        return super().has(name)

    def fact(self, name: str) -> Any:
        self.seen.add(name)
        return super().fact(name)

    def visits(self, node: str) -> Any:
        self.seen.add(f"visits.{node}")
        return super().visits(node)

    def every(self, name: str) -> Any:
        self.seen.add(f"every.{name}")
        return super().every(name)

    def about(self, name: str) -> Any:
        self.seen.add(name)
        return super().about(name)


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_reads_no_more_than_it_says(seed: int) -> None:
    for kind, (ours, _python) in expressions(seed):
        expr, scope = compile(ours, Here(), want=Type(kind)), Watched(extreme(random.Random(seed)))
        expr.run(scope)
        assert scope.seen <= expr.reads, ours
        assert expr.exact | set(expr.literals) <= expr.reads


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_cannot_tell_apart_what_it_says_it_cannot(seed: int) -> None:
    """Of a choice that is not exact, all that no literal names are one: the explorer merges them.
    Of a number, all between two neighbouring literals."""
    dice = random.Random(seed)
    for kind, (ours, _python) in expressions(seed, depth=3):
        expr = compile(ours, Here(), want=Type(kind))
        values = extreme(dice)
        merged = dict(values)
        for name in set(values) - expr.exact:
            merged[name] = another(values[name], expr.literals.get(name, frozenset()), TYPES[name])
        assert expr.run(Now(merged)) == expr.run(Now(values)), ours


def another(value: Any, literals: Iterable[Any], type: Type) -> Any:
    """A value that stands to each literal as ``value`` does, another one if there is one."""
    if type.kind == "choice":
        unnamed = [v for v in type.of if v not in literals]
        return unnamed[-1] if value not in literals and unnamed else value
    if type.kind in ("number", "money") and value not in literals:
        above = [n for n in literals if n > value]
        return (value + min(above)) / 2 if above else value + 1
    if type.kind == "yesno":
        return value if literals else not value
    return value


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_runs_on_the_unknown(seed: int) -> None:
    dice = random.Random(seed)
    asked: list[tuple[str, str, Any]] = []

    def ask(name: str, op: str, other: Any) -> bool:
        asked.append((name, op, other))
        return dice.random() < 0.5

    nothing = unknowns(ask)
    half = Now({n: dice.choice([v, nothing.values[n]]) for n, v in extreme(dice).items()})
    for kind, (ours, _python) in expressions(seed):
        expr = compile(ours, Here(), want=Type(kind))
        for scope in (nothing, half):
            got = expr.run(scope)
            assert isinstance(got, Unknown) or is_of(got, expr.type), ours
            assert not isinstance(got, Unknown) or len(got.name) < 500
    assert {op for _, op, _ in asked} <= {"==", "!=", "<", "<=", ">", ">=", "has"}
    assert all(isinstance(name, str) for name, _, _ in asked)


# ---- whatever may come in

WORDS = st.sampled_from(
    [
        *["lights", "note", "age", "due", "consent", "died", "visits.reboot", "every.lights"],
        *[
            '"red"',
            '"2014-10-01"',
            "3",
            "-1",
            "0.5",
            "1e9",
            "true",
            "and",
            "or",
            "not",
            "in",
            "is",
        ],
        *["has", "set", "if", "else", "(", ")", "[", "]", ",", "==", "!=", "<", ">=", "+", "-"],
        *["*", "/", "=", "&", ".", "min(", "later(", "count(", "sum(", "x", "__class__", "lambda"],
        *["null", "'", '"', "\\", "é", "\ud800", "\u2028", "\x00", ":=", "\u201cred\u201d"],
    ]
)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(st.lists(WORDS, max_size=30).map(" ".join), st.text(max_size=60)))
def test_anything_compiles_or_is_refused(source: str) -> None:
    refused = refusal(source)
    if refused:
        assert 1 <= refused.column <= len(source) + 1
        assert refused.message
        assert refused.fix is None or refusal(refused.fix) is None
        return
    expr = compile(source, Here())
    assert expr.source.encode()
    assert expr.type.kind not in ("number", "yesno") or is_of(expr.run(Now()), expr.type)


def refusal(source: str) -> ExpressionError | None:
    try:
        compile(source, Here())
    except ExpressionError as refused:
        return refused
    return None
