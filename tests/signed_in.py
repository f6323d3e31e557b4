"""The application with people who sign in, each in a browser of his own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient

from engine.load import Examined
from engine.stores.memory import Memory
from tests.served import HERE, TREES, Page, Served, examined
from web.desk import Desk
from web.serving.app import create_app
from web.signin.setup import SignIn

GOOD = "four words in a row"


class Office:
    """A served application, its sign-in, and whoever comes to it."""

    def __init__(self, desk: Desk, signin: SignIn, client: TestClient) -> None:
        self.desk = desk
        self.signin = signin
        self.client = client
        self.app = client.app

    def add(self, name: str, *roles: str, **more: Any) -> str:
        """A new user; his id."""

        async def job() -> str:
            account = await self.signin.accounts.add(
                name, GOOD, roles, at=self.signin.clock(), **more
            )
            return account.id

        return str(self.work(job))

    def work(self, job: Any) -> Any:
        assert self.client.portal is not None
        return self.client.portal.call(job)

    def key(self, *scopes: str) -> str:
        async def job() -> str:
            return (await self.signin.keys.add("program", scopes))[1]

        return str(self.work(job))

    def audit(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.work(self.signin.audit.lines)
        return found

    def browser(self) -> Served:
        """Somebody who has not been here before."""
        return Served(self.desk, _Client(self.app, self.client))

    def signed_in(self, name: str) -> Served:
        browser = self.browser()
        page = browser.open("/sign-in").press("sign-in", name=name, password=GOOD)
        assert "Sign out" in page.text or page.status in (200, 403), page.text
        return browser


class _Client(TestClient):
    """Another browser of the same application, in the loop that it was started in."""

    def __init__(self, app: Any, of: TestClient) -> None:
        super().__init__(app, base_url=str(of.base_url), raise_server_exceptions=False)
        self.portal = of.portal


@contextmanager
def office(
    root: Examined | None = None, *, ways: tuple[str, ...] = ("accounts",), store: Any = None,
    base: str = HERE, frames: str = "", desk: dict[str, Any] | None = None, **signin: Any,
) -> Iterator[Office]:  # fmt: skip
    at = Desk(root or examined(TREES), store or Memory(), **(desk or {}))
    found = SignIn(at.store.shelf, at.clock, ways=frozenset(ways), **signin)
    app = create_app(at, local=base == HERE, signin=found, frames=frames)
    with TestClient(app, base_url=base, raise_server_exceptions=False) as client:
        yield Office(at, found, client)


__all__ = ["GOOD", "Office", "Page", "office"]
