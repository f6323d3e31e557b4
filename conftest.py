"""What every test stands on: reproducible chance, and a browser that is there or said not to be."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browsing import Chromium

# The same examples every time: a red build is red on every machine. Another seed, to look further:
# pytest --hypothesis-seed=N
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True, database=None)
settings.register_profile("seeded", deadline=None, print_blob=True, database=None)


def _seed(config: pytest.Config) -> str | None:
    seed = config.getoption("--hypothesis-seed", default=None)
    return None if seed is None else str(seed)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("seeded" if _seed(config) else "house")


def pytest_sessionfinish() -> None:
    """A PostgreSQL that tests started ends with them (no ``atexit``: workers leave without it)."""
    server = sys.modules.get("tests.postgres_server")
    if server is not None:
        server.stop_shared()


def pytest_report_header(config: pytest.Config) -> str:
    return f"hypothesis seed: {_seed(config) or 'derandomised (the digest of each test)'}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is. Without one the test is left out, which fails in CI."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("FINGERPOST_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), ""
    )
    if not found:
        message = "there is no Chromium: apt-get install chromium, or set FINGERPOST_CHROMIUM"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


# A browser on a loaded machine sometimes hangs, whatever the page: such a test is run again, in a
# browser of its own. What it finds wrong with a page is not.
_HUNG = [r"Timeout \(>", "TimeoutError", "TargetClosedError"]
_FAILED = pytest.StashKey[bool]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(120))
            item.add_marker(pytest.mark.flaky(reruns=2, only_rerun=_HUNG))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Iterator[None]:
    report: pytest.TestReport = yield  # type: ignore[assignment]
    item.stash[_FAILED] = report.failed or item.stash.get(_FAILED, False)
    return report  # type: ignore[return-value]


# For one module of tests alone: while Playwright is open, nobody else can run a loop in this thread.
@pytest.fixture(scope="module")
def _browsers(chromium: str) -> Iterator[Chromium]:
    from tests.browsing import Chromium

    found = Chromium(chromium)
    yield found
    found.stop()


@pytest.fixture
def browser(_browsers: Chromium, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium; the contexts that a test opens are closed after it."""
    yield _browsers.browser()
    _browsers.leave(failed=request.node.stash.get(_FAILED, False))
