"""Chromium for tests: a server of the pages on a thread, a tab without script, and a browser that is
thrown away when a test with it failed."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from engine.load import Examined
from engine.stores.memory import Memory
from web.desk import Desk
from web.serving.app import create_app
from web.signin.setup import SignIn

FLAGS: Final = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage",
]  # fmt: skip


class Site:
    """A server on a thread of its own."""

    def __init__(
        self,
        trees: Examined,
        signin: Callable[[Desk], SignIn] | None = None,
        *,
        frames: str = "",
        **desk: Any,
    ) -> None:
        """``signin``: how people sign in; nobody has to, without. ``frames``: whose pages may hold
        ours."""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        at = Desk(trees, Memory(), **desk)
        app = create_app(at, signin=signin(at) if signin is not None else None, frames=frames)
        self.server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self.thread = threading.Thread(
            target=lambda: asyncio.run(self.server.serve([self.socket])), daemon=True
        )
        self.thread.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(10)
        self.socket.close()


class Chromium:
    """One browser for many tests. A tab that hangs (it happens on a loaded machine) must not take
    the tests after it along: whoever failed leaves it, and the next gets another."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._driver: Playwright | None = None
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        self._driver = self._driver or sync_playwright().start()
        if self._browser is None or not self._browser.is_connected():
            self._browser = self._driver.chromium.launch(executable_path=self.path, args=FLAGS)
        return self._browser

    def leave(self, failed: bool) -> None:
        """After a test: its contexts go, or the whole browser with them."""
        browser = self._browser
        if browser is None:
            return
        if failed:
            self._browser = None
            browser.close()  # kills the process where it does not answer
            return
        for context in browser.contexts:
            context.close()

    def stop(self) -> None:
        self.leave(failed=True)
        if self._driver is not None:
            self._driver.stop()


def sent(page: Page, button: str) -> None:
    """Press a button that sends a form, and wait for the page that comes (a click alone does not)."""
    with page.expect_navigation():
        page.click(button)


class Tab:
    """A tab, by default without script, and what it complained of."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(20_000)
        self.site = site
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda said: self.complaints.append(str(said)))

    def open(self, path: str) -> Tab:
        self.page.goto(self.site.address + path)
        return self.settled()

    def settled(self) -> Tab:
        """Once what the page gives the focus to has it: a key that comes before goes elsewhere."""
        if self.page.locator("[autofocus]").count():
            self.page.locator("[autofocus]:focus").first.wait_for(state="attached")
        return self

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def enter(self) -> None:
        """Enter, which sends the form."""
        with self.page.expect_navigation():
            self.press("Enter")
        self.settled()

    def tab_to(self, selector: str) -> None:
        """Tab until it has the focus, which must be visible."""
        for _ in range(60):
            self.press("Tab")
            if self.page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    @property
    def heading(self) -> str:
        return self.page.locator("h1").inner_text()

    def copy(self) -> str:
        """The page as it stands, to be looked at from elsewhere. (Read by a call that has a limit:
        without script, `content` may wait for ever.)"""
        root = self.page.locator("html")
        lang, direction = root.get_attribute("lang"), root.get_attribute("dir")
        inner = root.inner_html().replace("<head>", f'<head><base href="{self.site.address}/">')
        return f'<!doctype html><html lang="{lang}" dir="{direction}">{inner}</html>'

    def quiet(self) -> None:
        # (A key pressed before the page had settled: the focus is where the test put it.)
        harmless = ("status of 4", "Autofocus processing was blocked")
        loud = [told for told in self.complaints if not any(h in told for h in harmless)]
        assert not loud, loud
