"""Words and signs into a tree, by rank of operator (as Python's)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache

from engine.expr import teach
from engine.expr.error import ExpressionError
from engine.expr.functions import FUNCTIONS
from engine.expr.tokens import Token, tokens
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
    Name,
    Node,
    Not,
)

LENGTH = 400
DEPTH = 32

# Ranks, the loosest first.
CHOOSE, OR, AND, NOT, COMPARE, SUM, PRODUCT = range(7)

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_COMPARING = frozenset({*COMPARISONS, "in", "is", "has"})


@lru_cache(maxsize=4096)
def parse(source: str) -> Node:
    """The tree of an expression. Raises ExpressionError at the first thing that is wrong."""
    if len(source) > LENGTH:
        raise ExpressionError(
            f"an expression has at most {LENGTH} characters, this one {len(source)} "
            "(give parts of it names under facts)",
            LENGTH + 1,
        )
    if not source.strip(" \t\r\n"):
        raise ExpressionError("an expression is missing here", 1)
    parser = Parser(tokens(source))
    node = parser.expression()
    if parser.now.kind != "end":
        raise parser.unexpected()
    return node


class Parser:
    """Where one stands in the words of one expression."""

    def __init__(self, words: tuple[Token, ...]) -> None:
        self.words, self.at, self.depth = words, 0, 0

    @property
    def now(self) -> Token:
        token = self.words[self.at]
        if token.error:
            raise token.error
        return token

    def take(self) -> Token:
        token = self.now
        self.at += 1
        return token

    def is_at(self, *texts: str) -> bool:
        token = self.now
        return token.kind in ("word", "sign") and token.text in texts

    def expect(self, text: str, why: str) -> Token:
        if not self.is_at(text):
            raise teach.missing(text, why, self.now, self.before)
        return self.take()

    def unexpected(self, instead: str = "") -> ExpressionError:
        return teach.unexpected(self.now, self.before, instead)

    @property
    def before(self) -> Token | None:
        return self.words[self.at - 1] if self.at else None

    # ---- operands

    def expression(self, rank: int = CHOOSE) -> Node:
        """All that binds at least as tightly as ``rank``."""
        left = self.operand(rank)
        while self.now.kind in ("sign", "word"):
            infix = _INFIX.get(self.now.text)
            if infix is None or infix[0] < rank:
                break
            left = infix[1](self, left)
        return left

    def deeper(self, rank: int = CHOOSE) -> Node:
        self.depth += 1
        if self.depth > DEPTH:
            raise ExpressionError(
                f"an expression nests at most {DEPTH} deep (give parts of it names under facts)",
                self.now.column,
            )
        node = self.expression(rank)
        self.depth -= 1
        return node

    def operand(self, rank: int) -> Node:
        token = self.now
        if token.kind == "name":
            return self.name()
        if token.kind in ("number", "text"):
            return _literal(self.take())
        if self.is_at("true", "false"):
            self.take()
            return Literal(token.column, token.text == "true", token.text)
        if self.is_at("("):
            return self.group()
        if self.is_at("-"):
            return self.negative()
        if self.is_at("not"):
            return self.negation(rank)
        if self.is_at("["):
            raise self.unexpected("a list stands after 'in' only")
        raise self.unexpected()

    def name(self) -> Node:
        before, token = self.before, self.take()
        if token.text in teach.RESPELT:
            raise teach.respelt(token)
        if token.text in teach.NULLS:
            raise teach.null(token, self.words[: self.at - 1])
        if token.text in teach.INSTEAD:
            raise teach.unexpected(token, before)
        return self.call(token) if self.is_at("(") else Name(token.column, token.text)

    def call(self, name: Token) -> Call:
        if name.text not in FUNCTIONS:
            raise teach.no_function(name)
        self.take()
        arguments: list[Node] = []
        while not self.is_at(")"):
            arguments.append(self.deeper())
            if not self.is_at(","):
                break
            self.take()
        self.expect(")", f"to close {name.text}(")
        return Call(name.column, name.text, tuple(arguments))

    def group(self) -> Node:
        self.take()
        node = self.deeper()
        if self.is_at(","):
            raise self.unexpected("a list is written in [ ], after 'in'")
        self.expect(")", "to close a (")
        return node

    def negative(self) -> Node:
        sign = self.take()
        if self.now.kind != "number":
            raise ExpressionError(
                "unexpected '-' (only a number written out is negative; write 0 - x)", sign.column
            )
        number = self.take()
        return Literal(sign.column, -Decimal(number.text), "-" + number.text)

    def negation(self, rank: int) -> Node:
        if rank > NOT:
            raise self.unexpected("put ( ) around 'not ..' here")
        word = self.take()
        return Not(word.column, self.deeper(NOT))

    # ---- what stands between operands

    def logic(self, left: Node) -> Node:
        op = self.now.text
        rank = AND if op == "and" else OR
        parts = [left]
        while self.is_at(op):
            self.take()
            parts.append(self.expression(rank + 1))
        return Logic(left.column, op, tuple(parts))

    def arithmetic(self, left: Node) -> Node:
        ops, rank = (("+", "-"), SUM) if self.is_at("+", "-") else (("*", "/"), PRODUCT)
        rest: list[tuple[str, int, Node]] = []
        while self.is_at(*ops):
            op = self.take()
            rest.append((op.text, op.column, self.expression(rank + 1)))
        return Arithmetic(left.column, left, tuple(rest))

    def choose(self, left: Node) -> Node:
        self.take()
        condition = self.expression(OR)
        self.expect("else", "(write A if CONDITION else B)")
        return Choose(left.column, left, condition, self.deeper(CHOOSE))

    def compare(self, left: Node) -> Node:
        op = self.take()
        node = Compare(left.column, op.text, op.column, left, self.expression(SUM))
        return self.unchained(node)

    def has(self, left: Node) -> Node:
        op = self.take()
        return self.unchained(Has(left.column, op.column, left, self.expression(SUM)))

    def member(self, left: Node) -> Node:
        op = self.take()
        if op.text == "not" and not self.is_at("in"):
            self.at -= 1
            raise self.unexpected("write 'and not ..', or 'not in [..]'")
        if op.text == "not":
            self.take()
        if not self.is_at("["):
            raise teach.not_a_list(self.now, self.before)
        node = Member(left.column, op.column, left, self.items(), op.text == "not")
        return self.unchained(node)

    def items(self) -> tuple[Node, ...]:
        self.take()
        items: list[Node] = []
        while not self.is_at("]"):
            items.append(self.deeper(SUM))
            if not self.is_at(","):
                break
            self.take()
        closing = self.expect("]", "to close a [")
        if not items:
            raise ExpressionError("this list is empty: nothing is in it", closing.column)
        return tuple(items)

    def is_set(self, left: Node) -> Node:
        op = self.take()
        negated = self.is_at("not")
        if negated:
            self.take()
        token = self.now
        if token.text != "set":
            raise self._not_set(left, op, negated)
        self.take()
        if not isinstance(left, Name):
            raise ExpressionError("only a name is set or not set", left.column)
        return self.unchained(IsSet(left.column, left.name, negated))

    def _not_set(self, left: Node, op: Token, negated: bool) -> ExpressionError:
        if self.now.text in teach.NULLS and isinstance(left, Name):
            return teach.no_null(left.name, negated, self.now)
        sign = "!=" if negated else "=="
        return ExpressionError(
            f"after 'is' comes 'set' or 'not set' (write {sign} to compare)", op.column
        )

    def unchained(self, node: Node) -> Node:
        following = self.words[self.at + 1] if self.at + 1 < len(self.words) else None
        negated_in = self.is_at("not") and following is not None and following.text == "in"
        if self.is_at(*_COMPARING) or negated_in:
            raise self.unexpected("comparisons do not chain; write a < b and b < c")
        return node


def _literal(token: Token) -> Literal:
    if token.kind == "number":
        return Literal(token.column, Decimal(token.text), token.text)
    return Literal(token.column, token.text[1:-1], token.text, quoted=True)


_INFIX: Mapping[str, tuple[int, Callable[[Parser, Node], Node]]] = {
    "if": (CHOOSE, Parser.choose),
    "or": (OR, Parser.logic),
    "and": (AND, Parser.logic),
    **{op: (COMPARE, Parser.compare) for op in COMPARISONS},
    "in": (COMPARE, Parser.member),
    "not": (COMPARE, Parser.member),
    "is": (COMPARE, Parser.is_set),
    "has": (COMPARE, Parser.has),
    "+": (SUM, Parser.arithmetic),
    "-": (SUM, Parser.arithmetic),
    "*": (PRODUCT, Parser.arithmetic),
    "/": (PRODUCT, Parser.arithmetic),
}
