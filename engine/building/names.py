"""What an expression or a text may name in one tree."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from engine.model import AUDIENCES, CHANNEL_NAMES, Type, Value

NUMBER = Type("number")
TEXT = Type("text")


class TreeNames:
    """The names of one tree (model.Names). ``texts``: for texts, which may show ``text.NAME``;
    expressions may not. ``fact``: the type of a fact, worked out when it is first asked."""

    def __init__(
        self,
        types: Mapping[str, Type],
        nodes: Collection[str],
        constants: Mapping[str, Value],
        languages: tuple[str, ...],
        facts: Collection[str] = (),
        fact: Callable[[str], Type | None] | None = None,
        texts: Collection[str] = (),
        forms: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self._types = types
        self._nodes = nodes
        self._constants = constants
        self._facts = facts
        self._fact = fact
        self._texts = texts
        self._forms = forms or {}
        self._about = {
            "audience": Type("choice", AUDIENCES),
            "channel": Type("choice", CHANNEL_NAMES),
            "language": Type("choice", languages),
            "started": Type("moment"),
            "now": Type("moment"),
            "today": Type("date"),
        }

    def type_of(self, name: str) -> Type | None:
        found = self._types.get(name) or self._about.get(name)
        if found is not None:
            return found
        if name in self._facts:
            return self._fact(name) if self._fact else None
        head, dot, rest = name.partition(".")
        return self._prefixed(head, rest) if dot else None

    def _prefixed(self, head: str, rest: str) -> Type | None:
        if head == "visits":
            return NUMBER if rest in self._nodes else None
        if head == "every":
            item = self._types.get(rest)
            return None if item is None else _list_of(item)
        if head == "constants":
            value = self._constants.get(rest)
            return None if value is None else kind_of(value)
        return TEXT if head == "text" and rest in self._texts else None

    def constant(self, name: str) -> Value | None:
        head, _, rest = name.partition(".")
        return self._constants.get(rest) if head == "constants" else None

    def is_fact(self, name: str) -> bool:
        return name in self._facts

    def form(self, name: str) -> tuple[str, ...]:
        return self._forms.get(name, ())

    def known(self) -> Iterable[str]:
        yield from self._types
        yield from self._facts
        yield from self._about
        yield from self._with_prefix()

    def _with_prefix(self) -> Iterator[str]:
        yield from (f"constants.{name}" for name in self._constants)
        yield from (f"text.{name}" for name in self._texts)
        yield from (f"visits.{name}" for name in self._nodes)


def _list_of(item: Type) -> Type:
    if item.kind == "choice" and item.of:
        return Type("list", item.of, item=item)
    return Type("list", item=item)


def kind_of(value: Value) -> Type:
    """The type of a constant."""
    if isinstance(value, bool):
        return Type("yesno")
    return TEXT if isinstance(value, str) else NUMBER


class _AnyName(TreeNames):
    """Takes every name as a text: placeholders of translations are compared with their source's."""

    def type_of(self, name: str) -> Type | None:
        return TEXT


ANY_NAME = _AnyName({}, (), {}, ("en",))
