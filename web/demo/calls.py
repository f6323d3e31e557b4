"""What a call of the demo back end is: which action it serves, and what it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.model import Noun
from web.demo.world import Row, World

# What an action does: it looks at the world, changes it where it succeeds, and gives the exit with
# its outputs, by the names of the contract. It is never given a world that it may not change.
Does = Callable[[World, Row], Row]


class Call(Noun, frozen=True):
    """``says``: what the answer calls an output, where that is another name than the contract's:
    systems are not built for trees. ``samples``: outputs by exit, for a result that is asked for."""

    action: str
    does: Does
    samples: Mapping[str, Row]
    says: Mapping[str, str] = {}


def gives(exit: str, **outputs: object) -> Row:
    return {"exit": exit, **outputs}
