"""What floor and tutorial are given: the pages of one walk as the product makes them, cut into
parts; the size of each of its rows; and its words as plain dicts."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.record import driver, line
from engine import walk as walks
from engine.load import load
from engine.model import Event, Noted, PromptField, Tree, Walk
from engine.record import pack
from web.pages.markdown import plain

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TIME = re.compile(r'"[^"]{19,}">\d\d:\d\d:\d\d<')
_TOKEN = re.compile(r'name="client_id" value="([\w-]{16})"')


async def cut(port: int, trees: Path, into: Path) -> None:
    """Walk once on a server of ours, and write what it showed."""
    (connection,) = await driver.connect(port, 1)
    seal = await driver.seal(connection)
    at = await driver.start(connection, seal)
    pages, seqs = [(await connection.get(at)).body], [at.rpartition("/")[2]]

    for typed in line.answers():
        at = await driver.walked(
            [connection], at, seal, [typed], lambda _, page: pages.append(page)
        )
        seqs.append(at.rpartition("/")[2])
    connection.close()
    id = at.split("/")[2]
    tree, standing = walked(trees)
    rows = [_row(walk, typed) for walk, typed in zip(standing[1:], line.answers(), strict=True)]
    found = {
        "pages": [_parts(page.decode(), id, seq) for page, seq in zip(pages, seqs, strict=True)],
        "sizes": [len(page) for page in pages],
        "seqs": [int(seq) for seq in seqs],
        "rows": rows,
        "steps": [_plain(tree, one) for one in standing],
    }
    into.write_text(json.dumps(found))


def _parts(page: str, id: str, seq: str) -> list[str]:
    token = _TOKEN.search(page)
    page = page.replace(id, "\0{id}\0").replace(
        f'name="seq" value="{seq}"', 'name="seq" value="\0{seq}\0"'
    )
    page = page.replace(token[1], "\0{token}\0") if token else page
    body, mark, path = page.partition('<ol class="path"')  # a note has its time as it was
    count = iter(range(100))
    path = _TIME.sub(lambda _: f"\0{{time{next(count)}}}\0", path)
    return [part for part in (body + mark + path).split("\0") if part]


def walked(trees: Path) -> tuple[Tree, list[Walk]]:
    """The same walk in this process, as it stood at each step."""
    (tree,) = load(trees).trees.values()
    walk = walks.start(tree, id="w", at=AT, by="local", given={"plan": "copper"})
    found = [walk]
    for typed in line.answers():
        walk = walks.answer(tree, walk, _said(typed), at=AT, by="local", client_id="x" * 16)
        found.append(walk)
    return tree, found


def _said(typed: line.Typed) -> Any:
    form = {name.removeprefix("f."): value for name, value in typed if name.startswith("f.")}
    return form or dict(typed).get("answer")


def _row(walk: Walk, typed: line.Typed) -> int:
    """Bytes that a move adds to the record: its events as JSON, and a hash of each."""
    events: list[Event] = [walk.new[-1]]
    if note := dict(typed)["text"]:
        events.append(Noted(at=AT, actor="local", text=note, node=dict(typed)["node"]))
    return sum(len(pack(event)) + 32 for event in events)


def _plain(tree: Tree, walk: Walk) -> dict[str, Any]:
    """A step as a tutorial would have it: words alone, and dicts."""
    shown = walks.prompt(tree, walk)
    if shown is None:
        return {"title": tree.title.source, "node": "done", "asked": walks.ending(tree, walk)}
    return {
        "title": tree.title.source,
        "node": shown.node,
        "asked": plain(shown.say),
        "hint": shown.hint,
        "help": shown.help,
        "answered": "; ".join(f"{f.name}: as it was typed" for f in shown.fields),
        "choices": [{"id": c.id, "label": c.label, "hint": c.hint} for c in shown.choices],
        "checklist": list(shown.checklist),
        "fields": [_field(field) for field in shown.fields],
        "anytime": [{"id": way.id, "label": way.label} for way in shown.anytime],
    }


def _field(field: PromptField) -> dict[str, Any]:
    options = [{"id": choice.id, "label": choice.label} for choice in field.choices]
    return {"name": field.name, "type": field.type, "label": field.label, "required": field.required, "options": options}  # fmt: skip
