"""Words and signs into a tree, by rank of operator (as Python's)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from engine.errors import near
from engine.expr.error import ExpressionError, Slip
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
_NULLS = frozenset({"null", "None", "nil", "undefined", "NULL", "none", "Null"})
_RESPELT: Mapping[str, str] = {
    "AND": "and",
    "And": "and",
    "OR": "or",
    "Or": "or",
    "NOT": "not",
    "Not": "not",
    "IN": "in",
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
}
_INSTEAD: Mapping[str, str] = {
    "then": "write A if CONDITION else B",
    "elif": "write A if CONDITION else B if CONDITION else C",
    "lambda": "there are no functions to write here; see facts",
    "contains": "write has",
    "between": "write x >= A and x <= B",
    "equals": "write ==",
}


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
            if self.now.kind == "end":
                raise ExpressionError(f"{text!r} is missing at the end {why}", self.now.column)
            raise self.unexpected(f"{text!r} is due {why}")
        return self.take()

    def unexpected(self, instead: str = "") -> ExpressionError:
        token = self.now
        if token.kind == "end":
            return ExpressionError("the expression breaks off here", token.column)
        if token.text in _RESPELT:
            right = _RESPELT[token.text]
            message = f"unexpected {token.text!r} (write {right!r})"
            return Slip(message, token.column, token.text, right)
        instead = _INSTEAD.get(token.text, "") or instead or self._why_unexpected(token)
        shown = token.text if token.kind == "text" else repr(token.text)
        message = f"unexpected {shown} ({instead})" if instead else f"unexpected {shown}"
        return ExpressionError(message, token.column)

    def _why_unexpected(self, token: Token) -> str:
        before = self.words[self.at - 1] if self.at else None
        if before is None or (before.kind in ("sign", "word") and before.text not in (")", "]")):
            return ""
        if token.text == "[":
            return "nothing is indexed; a column of a row is written row.column"
        if token.text == "(":
            return "only functions are called"
        if token.kind in ("name", "number", "text"):
            return "an operator is missing before it"
        return ""

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
        token = self.take()
        if token.text in _RESPELT:
            right = _RESPELT[token.text]
            message = f"nothing is called {token.text!r} (write {right})"
            raise Slip(message, token.column, token.text, right)
        if token.text in _NULLS:
            raise self._null(token)
        if token.text in _INSTEAD:
            self.at -= 1
            raise self.unexpected()
        return self.call(token) if self.is_at("(") else Name(token.column, token.text)

    def _null(self, token: Token) -> ExpressionError:
        compared = self.words[max(self.at - 3, 0) : self.at - 1]
        known = len(compared) == 2 and compared[0].kind == "name"
        name, no = (compared[0].text, compared[1].text == "!=") if known else ("x", False)
        return ExpressionError(
            f"there is no null; write '{name} is {'set' if no else 'not set'}'", token.column
        )

    def call(self, name: Token) -> Call:
        if name.text not in FUNCTIONS:
            raise _no_function(name)
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
            raise self._not_a_list()
        node = Member(left.column, op.column, left, self.items(), op.text == "not")
        return self.unchained(node)

    def _not_a_list(self) -> ExpressionError:
        token = self.now
        if token.kind == "end":
            return self.unexpected()
        hint = f"write {token.text} has .." if token.kind == "name" else "write in [.., ..]"
        return self.unexpected(f"a list in [ ] is due after 'in'; {hint}")

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
        if self.now.text in _NULLS and isinstance(left, Name):
            self.take()
            wanted = f"{left.name} is {'set' if negated else 'not set'}"
            return ExpressionError(
                f"there is no null; write '{wanted}'", self.words[self.at - 1].column
            )
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


def _no_function(name: Token) -> ExpressionError:
    if "." in name.text:
        return ExpressionError(
            "nothing is called by a dot; a function stands before its value: lower(x)", name.column
        )
    hint = near(name.text, FUNCTIONS) or f" (there are {', '.join(FUNCTIONS)})"
    return ExpressionError(f"there is no function {name.text[:64]!r}{hint}", name.column)


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
