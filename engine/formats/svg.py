"""A tree as a picture: SVG drawn by us, layer by layer from the start.

Rows are the distance from the start; within a row, boxes stand near what leads to them (the
barycentre heuristic of Sugiyama, Tagawa and Toda 1981). A tree of over sixty nodes is folded below
the rows that fit; ``+N`` says how many nodes stand behind a box.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from html import escape

from engine.formats.drawing import PLAIN, Arrow, Box, Marks, arrows, boxes
from engine.model import Tree

MOST_BOXES = 60
WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 74, 34, 72, 24

_STYLE = """
  .page{fill:#ffffff} text{font:12px system-ui,sans-serif;fill:#1c2430} .id{font-weight:650}
  .label{font-size:11px;fill:#3d4a5c;paint-order:stroke;stroke:#ffffff;stroke-width:4px}
  .box{fill:#f4f6fa;stroke:#5b6b84;stroke-width:1.2} .ask .box{fill:#e8f0fe;stroke:#2456b8}
  .decide .box{fill:#fdf3dc;stroke:#8a5a00} .run .box,.use .box{fill:#efe9fb;stroke:#5f3dab}
  .end .box{fill:#e3f4e8;stroke:#1b6e3c} .way{fill:none;stroke:#6b7a90;stroke-width:1.3}
  .back{stroke-dasharray:5 4} .tip{fill:#6b7a90}
  .new .box,.way.new{stroke:#1b6e3c} .changed .box,.way.changed{stroke:#b06000}
  .gone .box,.way.gone{stroke:#b3261e;stroke-dasharray:5 4}
  .new .box,.changed .box,.gone .box{stroke-width:3}
  @media (prefers-color-scheme:dark){
    .page{fill:#12161d} text{fill:#e8ecf3} .label{fill:#b9c4d6;stroke:#12161d}
    .box{fill:#1e2530;stroke:#8796ae} .ask .box{fill:#16294d;stroke:#7ea6f5}
    .decide .box{fill:#3a2c0c;stroke:#d8a94c} .run .box,.use .box{fill:#2a2145;stroke:#a98cf0}
    .end .box{fill:#12331f;stroke:#6cc48d} .way{stroke:#8796ae} .tip{fill:#8796ae}
    .new .box,.way.new{stroke:#6cc48d} .changed .box,.way.changed{stroke:#f0a84a}
    .gone .box,.way.gone{stroke:#f2867f}
  }
"""


def write(tree: Tree, marks: Marks = PLAIN) -> str:
    return _Picture(tree, marks).svg()


class _Picture:
    def __init__(self, tree: Tree, marks: Marks) -> None:
        self.tree = tree
        self.arrows = arrows(tree, marks)
        every = boxes(tree, marks)
        rows = _rows(tree.start, self.arrows, [box.id for box in every])
        self.rows, self.folded = _fitting(rows)
        shown = {id for row in self.rows for id in row}
        self.boxes = {box.id: box for box in every if box.id in shown}
        self.most = max((arrow.count or 0 for arrow in self.arrows), default=0)
        self.places = self._places()

    def _places(self) -> Mapping[str, tuple[int, int]]:
        widest = max(len(row) for row in self.rows)
        self.width = widest * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN
        self.height = len(self.rows) * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN
        found = {}
        for y, row in enumerate(self.rows):
            left = (self.width - (len(row) * (WIDTH + GAP_X) - GAP_X)) // 2
            for x, id in enumerate(row):
                found[id] = (left + x * (WIDTH + GAP_X), MARGIN + y * (HEIGHT + GAP_Y))
        return found

    def svg(self) -> str:
        title = escape(self.tree.title.source)
        ways = [
            self._way(arrow)
            for arrow in self.arrows
            if {arrow.start, arrow.to} <= self.boxes.keys()
        ]
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" aria-labelledby="title desc">',
            f'<title id="title">{title}</title>',
            f'<desc id="desc">{len(self.tree.nodes)} nodes, beginning at {self.tree.start}</desc>',
            f"<style>{_STYLE}</style>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
            f'<rect class="page" width="{self.width}" height="{self.height}"/>',
            *(line for line, _ in ways),
            *map(self._box, self.boxes.values()),
            *(label for _, label in ways if label),
            "</svg>",
        ]
        return "\n".join(parts) + "\n"

    def _box(self, box: Box) -> str:
        x, y = self.places[box.id]
        round_ = {"end": HEIGHT // 2, "ask": 14, "decide": 0}.get(box.verb, 5)
        more = f" +{self.folded[box.id]}" if box.id in self.folded else ""
        lines = textwrap.wrap(box.words, 29)[:3]
        words = "".join(
            f'<tspan x="{x + WIDTH // 2}" dy="15">{escape(line)}</tspan>' for line in lines
        )
        top = y + HEIGHT // 2 - 7 * len(lines) + 3
        change = f" · {box.change}" if box.change else ""
        return (
            f'<g class="{_class(box.verb, box.change)}"><rect class="box" x="{x}" y="{y}" width="{WIDTH}" '
            f'height="{HEIGHT}" rx="{round_}"/><text x="{x + WIDTH // 2}" y="{top}" '
            f'text-anchor="middle"><tspan class="id">{escape(box.id + more)}</tspan>'
            f'<tspan class="label"> · {box.verb}{change}</tspan>{words}</text></g>'
        )

    def _way(self, arrow: Arrow) -> tuple[str, str]:
        x1, y1 = self.places[arrow.start]
        x2, y2 = self.places[arrow.to]
        if y2 > y1:
            return self._down(arrow, x1 + WIDTH // 2, y1 + HEIGHT, x2 + WIDTH // 2, y2)
        side = WIDTH if x2 >= x1 else 0
        sx, sy, tx, ty = x1 + side, y1 + HEIGHT // 2, x2 + side, y2 + HEIGHT // 2 + 8
        bow = (sx + 46) if side else (sx - 46)
        path = f'<path class="{_class("way back", arrow.change)}"{self._width(arrow)} marker-end="url(#tip)" d="M{sx} {sy}C{bow} {sy} {bow} {ty} {tx} {ty}"/>'
        return path, self._label(arrow, (sx + bow) // 2, (sy + ty) // 2)

    def _down(self, arrow: Arrow, x1: int, y1: int, x2: int, y2: int) -> tuple[str, str]:
        siblings = [a for a in self.arrows if a.start == arrow.start and self._below(a)]
        shift = (siblings.index(arrow) - (len(siblings) - 1) / 2) * min(36, 150 / len(siblings))
        x1 = round(x1 + shift)
        mid = (y1 + y2) // 2 if y2 - y1 < HEIGHT + GAP_Y else y1 + GAP_Y // 2
        path = f'<path class="{_class("way", arrow.change)}"{self._width(arrow)} marker-end="url(#tip)" d="M{x1} {y1}C{x1} {mid + 16} {x2} {y2 - GAP_Y // 2 - 16} {x2} {y2 - 2}"/>'
        level = siblings.index(arrow) % 2
        return path, self._label(arrow, round(x1 + (x2 - x1) * 0.22), y1 + 20 + 15 * level)

    def _width(self, arrow: Arrow) -> str:
        """The more a way was taken, the broader it is."""
        if not arrow.count or not self.most:
            return ""
        return f' style="stroke-width:{1.3 + 6 * arrow.count / self.most:.1f}"'

    def _below(self, arrow: Arrow) -> bool:
        return arrow.to in self.places and self.places[arrow.to][1] > self.places[arrow.start][1]

    def _label(self, arrow: Arrow, x: int, y: int) -> str:
        if not arrow.label:
            return ""
        words = textwrap.shorten(arrow.label, 34, placeholder=" …")
        return f'<text class="label" x="{x}" y="{y}" text-anchor="middle">{escape(words)}</text>'


def _class(kind: str, change: str) -> str:
    return f"{kind} {change}" if change else kind


def _rows(start: str, ways: list[Arrow], order: list[str]) -> list[list[str]]:
    """The nodes by their distance from the start, those that nothing leads to last."""
    onward: dict[str, list[str]] = {}
    for arrow in ways:
        onward.setdefault(arrow.start, []).append(arrow.to)
    depth = {start: 0}
    waiting = [start]
    for id in waiting:
        for to in onward.get(id, ()):
            if to not in depth:
                depth[to] = depth[id] + 1
                waiting.append(to)
    last = max(depth.values()) + 1
    rows: list[list[str]] = [[] for _ in range(last + 1)]
    for id in order:
        rows[depth.get(id, last)].append(id)
    return _straightened([row for row in rows if row], ways)


def _straightened(rows: list[list[str]], ways: list[Arrow]) -> list[list[str]]:
    """Each row ordered by where its neighbours in the rows above stand."""
    before: dict[str, list[str]] = {}
    for arrow in ways:
        before.setdefault(arrow.to, []).append(arrow.start)
    place = {id: float(x) for x, id in enumerate(rows[0])}
    ordered = [rows[0]]
    for row in rows[1:]:
        above = {id: [place[b] for b in before.get(id, ()) if b in place] for id in row}
        weight = {id: sum(found) / len(found) if found else 0.0 for id, found in above.items()}
        line = sorted(row, key=weight.__getitem__)
        ordered.append(line)
        middle = (len(line) - 1) / 2
        place |= {id: x - middle for x, id in enumerate(line)}
    return ordered


def _fitting(rows: list[list[str]]) -> tuple[list[list[str]], dict[str, int]]:
    """The rows that fit, and by the last box shown how many are folded behind it."""
    total = sum(map(len, rows))
    if total <= MOST_BOXES:
        return rows, {}
    kept: list[list[str]] = []
    for row in rows:
        if sum(map(len, kept)) + len(row) > MOST_BOXES:
            break
        kept.append(row)
    kept = kept or [rows[0][:MOST_BOXES]]
    return kept, {kept[-1][-1]: total - sum(map(len, kept))}
