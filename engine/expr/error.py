"""What is wrong with an expression."""

from __future__ import annotations


class ExpressionError(ValueError):
    """An expression that does not compile.

    ``message`` says what is wrong and what to write; ``column`` counts characters from 1; ``fix``
    is the whole expression put right, where there is only one thing that can be meant.
    """

    def __init__(self, message: str, column: int, fix: str | None = None) -> None:
        self.message, self.column, self.fix = message, column, fix
        super().__init__(message)


class Slip(ExpressionError):
    """An error that knows what to put in place of the characters at its column."""

    def __init__(self, message: str, column: int, wrong: str, right: str) -> None:
        self.wrong, self.right = wrong, right
        super().__init__(message, column)

    def mended(self, source: str) -> str | None:
        start = self.column - 1
        end = start + len(self.wrong)
        if source[start:end] != self.wrong:
            return None
        return source[:start] + self.right + source[end:]
