"""What every test stands on: reproducible chance, and a browser that is there or said not to be."""

from __future__ import annotations

import os
import shutil

import pytest
from hypothesis import settings

# The same examples every time: a red build is red on every machine. Another seed, to look further:
# pytest --hypothesis-seed=N
settings.register_profile("house", derandomize=True, deadline=None, print_blob=True, database=None)
settings.register_profile("seeded", deadline=None, print_blob=True, database=None)


def _seed(config: pytest.Config) -> str | None:
    seed = config.getoption("--hypothesis-seed", default=None)
    return None if seed is None else str(seed)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("seeded" if _seed(config) else "house")


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
