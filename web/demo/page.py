"""The page of the demo back end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2

from web.demo.answering import ACTIONS, FAULTS, Backend
from web.demo.first_day import world
from web.demo.guide import ways
from web.demo.settings import environment
from web.demo.world import Row

_templates: Final = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True, auto_reload=False, undefined=jinja2.StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip

# What people look at together.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "People": ("customers", "subscriptions", "contacts", "complaints", "messages"),
    "Telecom": ("lines", "slots", "visits", "masts", "streets", "moves", "parcels"),
    "Shop": ("orders", "articles", "refunds", "promo_codes"),
    "Hotel": ("bookings", "rooms", "full_nights", "errands", "lost_property"),
    "Bank": ("cards", "payments", "disputes", "payment_plans", "bank_accounts"),
    "Surgery": ("patients", "surgery", "repeats", "prescriptions", "results"),
    "IT": ("services", "sign_ins", "devices", "tickets", "returns"),
}


def whole(backend: Backend, here: str) -> str:
    choices = {
        action: [*call.samples, *FAULTS] for action, call in sorted(ACTIONS.items())
    }  # fmt: skip
    guide: dict[str, list[Any]] = {}
    for way in ways(backend.world):
        guide.setdefault(way.action, []).append(way)
    return _templates.get_template("demo.html").render(
        **_live(backend), choices=choices, guide=guide, here=here, environment=environment(here)
    )


def live(backend: Backend) -> str:
    """The part that changes."""
    return _templates.get_template("live.html").render(**_live(backend))


def _live(backend: Backend) -> dict[str, Any]:
    begun = world(backend.seed, backend.today)
    changed = {
        name: list(_changed(table, begun.table(name)))
        for name, table in backend.world.tables.items()
    }
    planned = {
        action: [one.words for one in results] for action, results in backend.planned.items()
    }
    return {
        "backend": backend, "groups": GROUPS, "tables": backend.world.tables, "planned": planned,
        "changed": {name: rows for name, rows in changed.items() if rows},
    }  # fmt: skip


def _changed(table: Mapping[str, Row], begun: Mapping[str, Row]) -> Iterator[dict[str, Any]]:
    """Rows that are otherwise than they began: each column that is, with what it was and is."""
    for id, row in table.items():
        was = begun.get(id, {})
        columns = [
            (name, was.get(name, ""), value)
            for name, value in row.items()
            if name != "id" and was.get(name, "") != value
        ]
        if columns:
            yield {"id": id, "name": row.get("name", ""), "new": not was, "columns": columns}
