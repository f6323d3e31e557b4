"""Write the page that shows the design system: ``make design``.

It is made from the real macros and stands on the real stylesheet, so it cannot show what the pages
no longer look like; a test holds that it is up to date.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from web.pages.looks import environment

HERE: Final = Path(__file__).parent
PAGE: Final = HERE / "design-system.html"
SHEET: Final = HERE.parent / "web/pages/static/fingerpost.css"

_TYPES: Final = ("tiny", "small", "body", "lead", "title", "say")
_SPACES: Final = ("s1", "s2", "s3", "s4", "s5", "s6")


def colours() -> dict[str, tuple[str, str]]:
    """The colours of the stylesheet by name: in light, and in dark."""
    light, _, dark = SHEET.read_text("utf-8").partition("prefers-color-scheme: dark")
    found = {name: value for name, value in re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light)}
    night = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))
    return {name: (value, night[name]) for name, value in found.items()}


def page() -> str:
    made = environment.from_string((HERE / "design-system.jinja").read_text("utf-8"))
    text = made.render(colours=list(colours()), types=_TYPES, spaces=_SPACES)
    return re.sub(r"\n\s*\n+", "\n", text).strip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
