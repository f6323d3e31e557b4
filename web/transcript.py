"""What was asked and answered in a walk, as text: the API and the command line show the same."""

from __future__ import annotations

from engine import walk as walks
from engine.model import Tree, Walk
from web.markdown import plain
from web.views import said


def transcript(tree: Tree, walk: Walk) -> str:
    """The present path of a walk in its own words, a line for each question and each answer."""
    lines = [tree.title.source, f"started {walk.about.started:%Y-%m-%d %H:%M} UTC", ""]
    for line in said(tree, walk):
        lines.append(f"{line.at:%H:%M:%S}  {line.asked}")
        lines += [f"          {line.answered}"] if line.answered else []
    if walk.state.status == "ended":
        lines += ["", plain(walks.ending(tree, walk))]
    return "\n".join(lines) + "\n"
