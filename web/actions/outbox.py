"""What is told to the outside when a walk is closed: a message to the address that the settings name.

That a message is due is written down before the walk's event is kept, so that no closed walk is
forgotten by whatever happens between the two; it is struck off once the other side has said yes. A
process that is started again finds on the list what was not delivered. A message that comes twice
(its yes was lost) has the same key, ``WALK.SEQ``.

Whoever is told can prove where it came from: the signature is an HMAC of the time and the body.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from engine.errors import Changed, FingerpostError
from engine.model import Closed, Noun, Walk
from engine.record import Stored
from engine.stores import Kept
from web import metrics
from web.actions.settings import Webhook
from web.signin.people import SERVER, Asking, asked_by

if TYPE_CHECKING:
    from web.desk import Desk

DUE: Final = "outbox"  # on the shelf: messages that are due
SENT: Final = "outbox_sent"  # on the shelf: when one was delivered, for a while
EVERY: Final = 15.0  # seconds between two rounds
SECONDS: Final = 10.0  # that one try may take
_FIRST: Final = 30  # seconds before the second try; twice that before the third, and so on
_MOST: Final = 3_600  # seconds between two tries, at most: it is tried for as long as it is due
_REMEMBERED: Final = timedelta(days=30)
_UNKEPT: Final = timedelta(minutes=15)  # after which an event that did not come will not come
_PAGE: Final = 100
_log = logging.getLogger("fingerpost.outbox")

# The message of a closed walk, as JSON. The walk may be gone by then: None.
Compose = Callable[[str, int], Awaitable[bytes | None]]


class Delivery(Noun, frozen=True):
    """How it stands with the message of a closed walk: ``at`` when it was delivered; else how often
    it was tried, and why it did not arrive."""

    at: str = ""
    tries: int = 0
    why: str = ""


class Outbox:
    """What one process delivers. ``desk`` is where the record is."""

    def __init__(self, desk: Desk, webhook: Webhook) -> None:
        self.desk = desk
        self.webhook = webhook
        self.on = bool(webhook.address)
        self.compose: Compose | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._rounds: asyncio.Task[None] | None = None
        self._stopping = False

    # -- around an append

    async def before(self, walk: Walk, after: int) -> str:
        """Write down that a message will be due, if this append closes the walk; its key, or "".
        Raises StoreError, and then nothing is to be appended."""
        if not any(type(event) is Closed for event in walk.new):
            return ""
        key, now = f"{walk.id}.{after}", self.desk.clock()
        value = {"walk": walk.id, "after": after, "made": now.isoformat(), "tries": 0}
        # For as long as it may take to append it, nobody else looks after it.
        value["next"] = (now + timedelta(seconds=SECONDS)).isoformat()
        await self.desk.store.shelf.put(DUE, key, value)
        return key

    def kept(self, key: str) -> None:
        """The append is done: deliver the message soon."""
        if not self._stopping and self.compose is not None:
            self._begun(self._soon(key))

    def _begun(self, job: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A job that is brought to its end also when the server stops."""
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _soon(self, key: str) -> None:
        asked_by(Asking(SERVER))
        try:
            found = await self.desk.store.shelf.got(DUE, key)
            if found is not None:
                await self._tried(found)
        except FingerpostError as wrong:
            _log.warning("a message waits: %s", type(wrong).__name__)

    async def stands(self, walk: str, seq: int) -> Delivery | None:
        """What became of the message of this closing; None where there is none. ``seq``: its
        event's."""
        shelf = self.desk.store.shelf
        sent = await shelf.got(SENT, f"{walk}.{seq}")
        if sent is not None:
            return Delivery(str(sent.value["at"]))
        for after in (seq - 1, seq - 2):  # a note may have been kept with it
            due = await shelf.got(DUE, f"{walk}.{after}")
            if due is not None:
                return Delivery("", int(due.value["tries"]), str(due.value.get("why", "")))
        return None

    # -- rounds

    async def start(self, compose: Compose) -> None:
        self.compose, self._stopping = compose, False
        if self.on:
            self._rounds = asyncio.get_running_loop().create_task(self._going_round())

    async def stop(self) -> None:
        """Let what is under way arrive; what does not is found on the list."""
        self._stopping = True
        if self._rounds is not None:
            self._rounds.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=SECONDS)

    async def _going_round(self) -> None:
        asked_by(Asking(SERVER))
        while True:
            try:
                await self.round()
            except Exception as wrong:
                _log.warning("a round over due messages was cut short: %s", type(wrong).__name__)
            await asyncio.sleep(EVERY)

    async def round(self) -> None:
        """Try every message whose time has come."""
        after, waiting, now = "", 0, self.desk.clock()
        while not self._stopping:
            page = await self.desk.store.shelf.listed(DUE, after=after, limit=_PAGE)
            for due in page:
                arrived = False
                if _moment(due.value["next"]) <= now:
                    arrived = await asyncio.shield(self._begun(self._tried(due)))
                waiting += not arrived
            if len(page) < _PAGE:
                break
            after = page[-1].key
        metrics.WEBHOOKS_WAITING.set(waiting)

    # -- one message

    async def _tried(self, due: Kept) -> bool:
        """Whether it is off the list."""
        now, tries = self.desk.clock(), int(due.value["tries"]) + 1
        pause = max(SECONDS * 2, min(_MOST, _FIRST * 2 ** min(tries - 1, 20)))
        claim = {**due.value, "tries": tries}
        claim["next"] = (now + timedelta(seconds=pause)).isoformat()
        try:
            version = await self._put(due.key, claim, due.version)
        except Changed:  # another process does it
            return False
        walk = str(due.value["walk"])
        closed = await self._closed(walk, int(due.value["after"]))
        if closed is None:
            return await self._gone(due, now)
        assert self.compose is not None
        body = await self.compose(walk, closed.seq)
        if body is None:
            return await self._struck(due.key)
        why = await self._posted(body, f"{walk}.{closed.seq}", now)
        metrics.WEBHOOKS.labels(why.partition(" ")[0] or "delivered").inc()
        if why:
            _log.warning("a message did not arrive (try %d): %s", tries, why)
            await self._put(due.key, {**claim, "why": why}, version)
            return False
        sent = {"at": self.desk.clock().isoformat(), "tries": tries}
        key = f"{walk}.{closed.seq}"
        await self.desk.store.shelf.put(SENT, key, sent, until=now + _REMEMBERED)
        return await self._struck(due.key)

    async def _put(self, key: str, value: Mapping[str, Any], after: int) -> int:
        return await self.desk.store.shelf.put(DUE, key, value, after=after)

    async def _closed(self, walk: str, after: int) -> Stored | None:
        """The event that it is about; None where it was not kept (yet), or the walk is gone."""
        events = await self.desk.store.events(walk, after=after)
        return next((one for one in events if isinstance(one.event, Closed)), None)

    async def _gone(self, due: Kept, now: datetime) -> bool:
        """Nothing was closed: what was to be appended was refused."""
        late = _moment(due.value["made"]) + _UNKEPT < now
        return await self._struck(due.key) if late else False

    async def _struck(self, key: str) -> bool:
        await self.desk.store.shelf.dropped(DUE, key)
        return True

    async def _posted(self, body: bytes, key: str, now: datetime) -> str:
        """Why it did not arrive, or ""."""
        headers = {"idempotency-key": key, **signed(self.webhook.secret, body, now)}
        return await self.desk.actions.post(self.webhook.address, body, headers, SECONDS)


def signed(secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers that say when a message was sent, and prove it.

    >>> from datetime import UTC
    >>> found = signed("s", b"{}", datetime(2026, 11, 25, 12, tzinfo=UTC))
    >>> found["fingerpost-timestamp"], found["fingerpost-signature"][:15]
    ('1795608000', 'sha256=a3cc133c')
    """
    stamp = str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return {"fingerpost-timestamp": stamp, "fingerpost-signature": f"sha256={mac.hexdigest()}"}


def _moment(words: Any) -> datetime:
    return datetime.fromisoformat(str(words))
