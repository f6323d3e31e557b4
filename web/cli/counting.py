"""`fingerpost store stats`. Not a command of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.stores import Store

Version = tuple[str, str]  # a tree, and the hash of its logic


@dataclass
class Counted:
    walks: int = 0
    events: int = 0
    open: int = 0
    erased: int = 0
    oldest: datetime | None = None
    latest: datetime | None = None
    versions: Counter[Version] = field(default_factory=Counter)  # walks on each
    held: Counter[Version] = field(default_factory=Counter)  # open walks on each
    wordings: Counter[Version] = field(default_factory=Counter)


async def counted(store: Store) -> Counted:
    """From the rows about the walks: a row says how many events its walk has."""
    from web.cli.terminal import progress
    from web.keeping.proof import rows

    found, said = Counted(), progress()
    async for version in store.versions():
        found.wordings[version.tree, version.logic] += 1
    async for row in rows(store):
        key = row.head.tree, row.head.logic
        waits = row.head.status != "ended"
        found.walks += 1
        found.events += row.seq
        found.open += waits
        found.erased += row.erased is not None
        found.oldest = row.started  # they come the latest first
        found.latest = found.latest or row.started
        found.versions[key] += 1
        found.held[key] += waits
        if found.walks % 1_000 == 0:
            said(f"{found.walks} walks counted")
    return found


def as_json(found: Counted, about: dict[str, Any]) -> dict[str, Any]:
    return {
        **about,
        "walks": found.walks,
        "open": found.open,
        "erased": found.erased,
        "events": found.events,
        "bytes_per_event": about["bytes"] // found.events if found.events else None,
        "oldest": found.oldest.isoformat() if found.oldest else None,
        "latest": found.latest.isoformat() if found.latest else None,
        "versions": [
            {
                "tree": tree,
                "logic": logic,
                "walks": found.versions[tree, logic],
                "open": found.held[tree, logic],
                "wordings": found.wordings[tree, logic],
            }
            for tree, logic in sorted(found.versions | found.wordings)
        ],
    }


def as_text(found: Counted, about: dict[str, Any]) -> str:
    from web.cli.terminal import count

    each = f", {about['bytes'] // found.events} an event" if found.events else ""
    lines = [
        f"{about['store']} (form {about['form']})",
        f"{count(found.walks, 'walk')}, {found.open} of them open, {count(found.events, 'event')}",
        f"{about['bytes']} bytes{each}",
    ]
    if found.erased:
        lines.append(f"private values erased of {count(found.erased, 'walk')}")
    if found.oldest and found.latest:
        lines.append(f"begun from {found.oldest:%Y-%m-%d %H:%M} to {found.latest:%Y-%m-%d %H:%M}")
    for version in as_json(found, about)["versions"]:
        lines.append(
            f"  {version['tree']} {version['logic'][:12]}: {count(version['walks'], 'walk')}, "
            f"{version['open']} open, {count(version['wordings'], 'wording')} kept"
        )
    return "\n".join(lines)
