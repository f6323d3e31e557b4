"""A completed tree into a Python function of the scope.

Code is the fastest form (twice as fast as closures), and safe: it is put together from our own
nodes, names of the tree stand in it as constants only, and it sees nothing but the values below.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from engine.expr import arithmetic
from engine.expr.functions import FUNCTIONS, RUN
from engine.expr.tree import (
    Arithmetic,
    Call,
    Choose,
    Compare,
    Has,
    IsSet,
    Literal,
    Logic,
    Member,
    Node,
    Not,
    Read,
)
from engine.model import Scope, Value

_SCOPE = "scope"
_OPERATORS: Mapping[str, str] = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}
_GLOBALS: Mapping[str, Any] = {
    "__builtins__": {},
    "add": arithmetic.add,
    "subtract": arithmetic.subtract,
    "multiply": arithmetic.multiply,
    "divide": arithmetic.divide,
    **{f"call_{name}": run for name, run in RUN.items()},
}
_SIGNS: Mapping[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_YES_OR_NO = (Compare, Member, Has, IsSet, Not, Logic)


@lru_cache(maxsize=4096)  # trees ask the same thing in many places
def emit(node: Node) -> Callable[[Scope], Value]:
    """A function that computes ``node``. It raises what ``Scope.get`` raises, and nothing else."""
    emitter = Emitter()
    body = emitter.value(node)
    arguments = ast.arguments(
        posonlyargs=[], args=[ast.arg(_SCOPE)], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    tree = ast.Expression(ast.Lambda(arguments, body))
    code = compile(ast.fix_missing_locations(tree), "<expression>", "eval")
    run: Callable[[Scope], Value] = eval(code, {**_GLOBALS, **emitter.constants})
    return run


class Emitter:
    """``constants`` are values that code cannot write out: decimals, dates."""

    def __init__(self) -> None:
        self.constants: dict[str, Value] = {}

    def value(self, node: Node) -> ast.expr:
        return _CODE[type(node)](self, node)

    def condition(self, node: Node) -> ast.expr:
        """As a bool: an Unknown handed on from `and` and `or` would be asked a second time."""
        code = self.value(node)
        if isinstance(node, _YES_OR_NO):
            return code
        return ast.IfExp(code, ast.Constant(True), ast.Constant(False))

    def literal(self, node: Literal) -> ast.expr:
        if isinstance(node.value, str | bool):
            return ast.Constant(node.value)
        name = f"value_{len(self.constants)}"
        self.constants[name] = node.value
        return _load(name)

    def read(self, node: Read) -> ast.expr:
        return _scope_call(node.how, node.key)

    def logic(self, node: Logic) -> ast.expr:
        op = ast.And() if node.op == "and" else ast.Or()
        return ast.BoolOp(op, [self.condition(part) for part in node.parts])

    def comparison(self, node: Compare) -> ast.expr:
        left = self.side(node.left, node.right)
        right = self.side(node.right, node.left)
        return ast.Compare(left, [_SIGNS[node.op]()], [right])

    def side(self, node: Node, against: Node) -> ast.expr:
        """Visits are ints: beside them a whole number is one too, which is three times as fast."""
        counts = isinstance(against, Read) and against.how == "visits"
        if counts and isinstance(node, Literal) and isinstance(node.value, Decimal):
            whole = int(node.value)
            if whole == node.value:
                return ast.Constant(whole)
        return self.value(node)

    def member(self, node: Member) -> ast.expr:
        items = ast.Tuple([self.value(item) for item in node.items], ast.Load())
        op = ast.NotIn() if node.negated else ast.In()
        return ast.Compare(self.value(node.left), [op], [items])

    def has(self, node: Has) -> ast.expr:
        return ast.Compare(self.value(node.right), [ast.In()], [self.value(node.left)])

    def is_set(self, node: IsSet) -> ast.expr:
        code = _scope_call("has", node.name)
        return ast.UnaryOp(ast.Not(), code) if node.negated else code

    def arithmetic(self, node: Arithmetic) -> ast.expr:
        code = self.value(node.first)
        for op, _at, operand in node.rest:
            code = ast.Call(_load(_OPERATORS[op]), [code, self.value(operand)], [])
        return code

    def choose(self, node: Choose) -> ast.expr:
        test = self.value(node.condition)
        return ast.IfExp(test, self.value(node.then), self.value(node.other))

    def call(self, node: Call) -> ast.expr:
        arguments = [self.value(argument) for argument in node.arguments]
        if FUNCTIONS[node.function].calendar:
            arguments.insert(0, ast.Attribute(_load(_SCOPE), "calendar", ast.Load()))
        return ast.Call(_load(f"call_{node.function}"), arguments, [])

    def negation(self, node: Not) -> ast.expr:
        return ast.UnaryOp(ast.Not(), self.value(node.operand))


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _scope_call(method: str, key: str) -> ast.expr:
    return ast.Call(ast.Attribute(_load(_SCOPE), method, ast.Load()), [ast.Constant(key)], [])


_CODE: Mapping[type[Node], Callable[[Emitter, Any], ast.expr]] = {
    Literal: Emitter.literal,
    Read: Emitter.read,
    Not: Emitter.negation,
    Logic: Emitter.logic,
    Compare: Emitter.comparison,
    Member: Emitter.member,
    Has: Emitter.has,
    IsSet: Emitter.is_set,
    Arithmetic: Emitter.arithmetic,
    Choose: Emitter.choose,
    Call: Emitter.call,
}
