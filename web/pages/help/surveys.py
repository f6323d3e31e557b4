"""What is asked after an outcome, by the three usual questions.

CSAT: how satisfied, 1 to 5. NPS: how likely to recommend, 0 to 10. CES: how easy it was, 1 to 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from engine.model import Surveyed
from engine.record import Stored

SCALES: Final[Mapping[str, Sequence[int]]] = {
    "csat": range(1, 6),
    "nps": range(11),
    "ces": range(1, 8),
}
MOST_COMMENT: Final = 2_000


def rated(events: Iterable[Stored]) -> list[Surveyed]:
    """What was said of a walk, oldest first."""
    return [stored.event for stored in events if isinstance(stored.event, Surveyed)]
