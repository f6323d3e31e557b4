"""The console in Chromium: from one step to the next, as an agent at it sees it.

A server of its own on SQLite, a walk up and down the first steps of a tree, with script. *Painted*: from
the press of the button until the next step is drawn; beside it a page that holds a button and nothing
else, from a server that does nothing else, loaded anew each time (its first content), in the same
browser, in turn. *Over the wire*: whatever comes, its headers too, with nothing in the browser's cache; and with
what it has kept of the step before. *Moved*: the layout shifts of all the steps, as the browser
counts them (CLS).
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright

from bench.measure import against, spell, table
from bench.record.server import busy, product, serving

ROUNDS: Final = 30
GOAL_BYTES: Final = 15_000
GOAL_PAINTED: Final = 0.050
FLAGS: Final = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
TREES: Final = Path(__file__).parent.parent / "trees"

_WATCH: Final = """
addEventListener("submit", () => {
  sessionStorage.setItem("pressed", performance.timeOrigin + performance.now());
  window.here = true;
  window.painted = 0;
  new MutationObserver((_, watch) => {  // another step takes the place of this one: once it is drawn
    watch.disconnect();
    requestAnimationFrame(() => {
      const drawn = new MessageChannel();
      drawn.port1.onmessage = () => { window.painted = performance.now(); };
      drawn.port2.postMessage(0);
    });
  }).observe(document.documentElement, { childList: true });
}, true);
window.moved = 0;
new PerformanceObserver((list) => { for (const one of list.getEntries()) window.moved += one.value; })
  .observe({ type: "layout-shift", buffered: true });
"""
_PAINTED: Final = """() => new Promise((done) => {
  const look = () => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    const paint = window.here ? window.painted : first?.startTime;
    if (paint) done((performance.timeOrigin + paint - sessionStorage.getItem("pressed")) / 1000);
    else requestAnimationFrame(look);
  };
  look();
})"""
_EMPTY: Final = (
    b"<!doctype html><title>Empty</title><form method=post><button>Go on</button></form>"
)


class _Nothing:
    """A server that gives one empty page, and leads to it after a form was sent."""

    def __init__(self) -> None:
        self.address = ""
        ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True).start()
        ready.wait(10)

    async def _serve(self, ready: threading.Event) -> None:
        answer: Callable[..., Awaitable[None]] = self._answer
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        ready.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            length = 0
            while (header := await reader.readline()) not in (b"\r\n", b""):
                if header.lower().startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            await reader.readexactly(length)
            if line.startswith(b"POST"):
                writer.write(b"HTTP/1.1 303 See Other\r\nlocation: /\r\ncontent-length: 0\r\n\r\n")
            else:
                head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncache-control: no-store\r\ncontent-length: "
                writer.write(head + str(len(_EMPTY)).encode() + b"\r\n\r\n" + _EMPTY)
            await writer.drain()


class _Walk:
    """An agent who answers a step and goes back, over and over."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.on = page, False
        page.goto(address + "/start/internet_down")
        page.check("input[value=fibre]")
        self._send("button.main")

    def step(self) -> None:
        self.on = not self.on
        if self.on:
            self.page.fill("input[name='f.account']", "12345678")
            self._send("#answer button.main")
        else:
            self._send(".back button")

    def _send(self, button: str) -> None:
        with self.page.expect_navigation(wait_until="load"):
            self.page.click(button)


def run() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        print("\nThe pages: there is no Chromium here (apt-get install chromium)")
        return
    with tempfile.TemporaryDirectory(prefix="fingerpost-bench-") as folder, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=chromium, args=FLAGS)
        with serving(*product(TREES, f"sqlite:///{folder}/pages.db")) as server:
            _measure(browser, f"http://127.0.0.1:{server.port}", _Nothing().address)
            browser.close()


def _measure(browser: Any, address: str, empty: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(_WATCH)
    page, other = context.new_page(), context.new_page()
    walk = _Walk(page, address)
    other.goto(empty)
    taken: dict[str, list[float]] = {"a step": [], "an empty page": []}
    for _ in range(ROUNDS):
        page.bring_to_front()
        walk.step()
        taken["a step"].append(page.evaluate(_PAINTED))
        other.bring_to_front()
        with other.expect_navigation(wait_until="load"):
            other.click("button")
        taken["an empty page"].append(other.evaluate(_PAINTED))
    painted = {name: median(seconds) for name, seconds in taken.items()}
    rows = [
        (name, spell(painted[name]), spell(quantiles(seconds, n=10)[-1]))
        for name, seconds in taken.items()
    ]
    goal = against(GOAL_PAINTED * 1000, painted["a step"] * 1000)
    table("From the press of a button to the next page on the screen", ("", "median", "p90"), rows)
    more = spell(max(0.0, painted["a step"] - painted["an empty page"]))
    print(f"  In ms {goal}; {more} more than the empty page; {busy()}")
    moved = page.evaluate("moved")
    cold, requests = _wire(walk.page, walk.step, cached=False)
    warm, again = _wire(walk.page, walk.step, cached=True)
    whole, all_ = _wire(walk.page, walk.page.reload, cached=False)
    missed = "" if cold <= GOAL_BYTES else "  MISSED"
    table(
        f"Over the wire from step to step (goal {GOAL_BYTES:,} bytes without cache)",
        ("", "bytes", "requests"),
        [
            ("nothing in the cache", f"{cold:,}{missed}", requests),
            ("as it is: what the last step brought is kept", f"{warm:,}", again),
            ("the step loaded anew, nothing in the cache", f"{whole:,}", all_),
        ],
    )
    print(
        f"\nLayout shift over {ROUNDS} steps: {moved:g} (goal 0){'' if moved == 0 else '  MISSED'}"
    )


def _wire(page: Page, does: Callable[[], object], *, cached: bool) -> tuple[int, str]:
    """The bytes of what it does, and its requests; it is done once before, so that what is kept is
    there."""
    does()
    page.wait_for_load_state("networkidle")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": not cached})
    sizes: list[float] = []
    asked: list[str] = []

    def sent(event: dict[str, Any]) -> None:
        asked.append(event["request"]["method"])
        if "redirectResponse" in event:
            sizes.append(event["redirectResponse"]["encodedDataLength"])

    session.on("Network.requestWillBeSent", sent)
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    does()
    page.wait_for_timeout(300)  # the icon is asked for once the step is there
    session.detach()
    return int(sum(sizes)), ", ".join(asked)
