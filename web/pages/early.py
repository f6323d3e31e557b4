"""What is said of answers that were given before their questions came."""

from __future__ import annotations


def early(counts: str) -> str:
    """How many answers were used, and how many are kept, as an address says it (``USED.KEPT``).

    >>> early("3.0"), early("3.1"), early("<b>")
    ('Answers used: 3.', 'Answers used: 3. Kept until their questions come: 1.', '')
    """
    used, _, kept = counts.partition(".")
    if not (used.isdecimal() and kept.isdecimal() and len(counts) < 10):
        return ""
    if kept == "0":
        return f"Answers used: {int(used)}."
    return f"Answers used: {int(used)}. Kept until their questions come: {int(kept)}."
