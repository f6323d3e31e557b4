"""Take the pictures of the documents: ``make screenshots``. Needs Chromium.

It serves the trees of this repository from memory, walks one as an agent would, and writes
docs/img/*.png: light and dark, on a desk and on a phone.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.sync_api import Page, sync_playwright

from engine.load import examine
from engine.stores.memory import Memory
from web.desk import Desk
from web.serving.app import create_app

HERE = Path(__file__).parent
_WIDE: Final[Any] = {"width": 1440, "height": 860}
_PHONE: Final[Any] = {"width": 390, "height": 780}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]


def main() -> int:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("there is no Chromium: apt-get install chromium", file=sys.stderr)
        return 1
    door = socket.create_server(("127.0.0.1", 0))
    app = create_app(Desk(examine(HERE.parent / "trees"), Memory()))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    threading.Thread(target=lambda: asyncio.run(server.serve([door])), daemon=True).start()
    address = f"http://127.0.0.1:{door.getsockname()[1]}"
    (HERE / "img").mkdir(exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme, mark in (("light", ""), ("dark", "-dark")):
            wide = browser.new_context(viewport=_WIDE, color_scheme=scheme)
            _agent(wide.new_page(), address, mark)
            phone = browser.new_context(
                viewport=_PHONE, color_scheme=scheme, has_touch=True, is_mobile=True
            )
            _agent(phone.new_page(), address, "-phone" + mark, only="step")
            _customer(phone.new_page(), address, mark)
        browser.close()
    server.should_exit = True
    return 0


def _agent(page: Page, address: str, mark: str, only: str = "") -> None:
    """The pictures of a call; ``only``: up to this one."""
    page.goto(f"{address}/start/internet_down")
    page.check("input[value=fibre]")
    page.fill("#reference", "CASE-4711")
    page.click("text=Start")
    page.fill("input[name='f.account']", "12345678")
    page.click("text=Go on")
    page.check("input[value=found]")
    page.fill("input[name='f.found.line_id']", "L-20817")
    page.fill("input[name='f.found.first_name']", "Ana")
    page.click("text=Go on")
    page.fill("#text", "Third call this week.")
    page.check("input[value=yes]")
    page.click("text=Go on")
    page.check("input[value=none]")
    page.click("text=Go on")
    page.check("input[value=amber]")
    _shot(page, f"step{mark}")
    if only == "step":
        return
    page.click("text=Go on")
    page.click("text=Go on")
    page.check("input[value=yes]")
    page.click("text=Go on")
    _shot(page, f"outcome{mark}")
    page.goto(address)
    _shot(page, f"library{mark}")


def _customer(page: Page, address: str, mark: str) -> None:
    page.goto(f"{address}/help/internet_down")
    page.check("input[value=fibre]")
    page.select_option("#language", "fr")
    page.click("text=Start")
    _shot(page, f"phone{mark}")
    page.goto(f"{address}/help/tv_no_picture")
    page.click("text=Start")
    page.check("input[name=answer] >> nth=0")
    if not mark:
        _shot(page, "help")


def _shot(page: Page, name: str) -> None:
    page.wait_for_timeout(200)
    page.screenshot(path=HERE / "img" / f"{name}.png")
    print(f"docs/img/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
