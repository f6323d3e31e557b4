"""The expression language: a strict, typed, total subset of Python's expressions.

>>> from engine.model import Type
>>> lights = Type("choice", of=("green", "red", "off"))
>>> class Here:
...     types = {"lights": lights, "visits.reboot": Type("number")}
...     def type_of(self, name): return self.types.get(name)
...     def is_fact(self, name): return False
...     def constant(self, name): return None
...     def known(self): return self.types
...     def form(self, name): return ()
>>> expr = compile("lights in ['red','off'] and visits.reboot<2", Here())
>>> expr.source
'lights in ["red", "off"] and visits.reboot < 2'
>>> expr.type.kind, sorted(expr.literals["lights"])
('yesno', ['off', 'red'])
>>> class Now:
...     def get(self, name): return {"lights": "red"}[name]
...     def visits(self, node): return 1
>>> expr.run(Now())
True
>>> compile('lights = "red"', Here())
Traceback (most recent call last):
engine.expr.error.ExpressionError: unexpected '=' (write == to compare)

Words become a tree (``tokens``, ``parse``), names and types are found (``infer``), and of the tree
are made its canonical spelling (``spell``), what it reads (``uses``) and a function (``emit``).
"""

from __future__ import annotations

from collections.abc import Callable

from engine.expr.emit import emit
from engine.expr.error import ExpressionError, Slip
from engine.expr.functions import FUNCTIONS
from engine.expr.infer import completed
from engine.expr.kinds import assignable, describe
from engine.expr.parse import parse
from engine.expr.spell import spell
from engine.expr.unknown import Unknown
from engine.expr.uses import Uses
from engine.model import Expr, Names, Path, Type

__all__ = ["FUNCTIONS", "ExpressionError", "Unknown", "assignable", "compile", "describe"]

_MENDS = 8  # slips that are put right in one go


def compile(source: str, names: Names, *, want: Type | None = None, at: Path = ()) -> Expr:
    """The expression, ready to run. ``want`` is the type that its value must have (yesno for a
    condition), ``at`` where it stands in its file.

    Raises ExpressionError, with the first thing that is wrong. What it compiles to raises nothing
    but EmptyValue, where a value that it reads is not set.
    """
    try:
        return _compiled(source, names, want, at)
    except Slip as slip:
        fix = _mended(source, slip, lambda mended: _compiled(mended, names, want, at))
        raise ExpressionError(slip.message, slip.column, fix) from None


def _mended(source: str, slip: Slip, again: Callable[[str], Expr]) -> str | None:
    """The source with this slip put right, and any that then comes to light; None if that does
    not make an expression of it."""
    for _ in range(_MENDS):
        mended = slip.mended(source)
        if mended is None:
            return None
        try:
            again(mended)
        except Slip as next_one:
            source, slip = mended, next_one
        except ExpressionError:
            return None
        else:
            return mended
    return None


def _compiled(source: str, names: Names, want: Type | None, at: Path) -> Expr:
    parsed = parse(source)
    node, type = completed(parsed, names, want)
    uses = Uses()
    uses.value(node)
    return Expr(
        source=spell(parsed),
        type=type,
        reads=frozenset(uses.reads),
        run=emit(node),
        literals={name: frozenset(values) for name, values in uses.literals.items()},
        at=at,
        exact=frozenset(uses.exact),
    )
