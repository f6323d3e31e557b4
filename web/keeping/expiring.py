"""What has come of age is erased, by a server every hour or by a command: see ``retention``."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from engine.errors import FingerpostError
from engine.model import Noun
from engine.stores import Store
from web.desk import Desk
from web.logs import log
from web.retention import Retention, Rule, rules
from web.signin.audit import Audit
from web.unsent import dropped

EVERY: Final = 3_600.0  # seconds between two looks
SOON: Final = 60.0  # before the first: a server that starts has other things to do
BATCH: Final = 100  # walks in one commit
WHO: Final = "retention"


class Expired(Noun, frozen=True):
    """What has been erased, or would be: walks whose private values went, and walks that went whole."""

    private: int = 0
    walks: int = 0


async def due(store: Store, retention: Retention, now: datetime, limit: int = 10**9) -> Expired:
    """What would be erased. A walk that goes whole counts once."""
    going: set[str] = set()
    private: set[str] = set()
    for rule in rules(retention):
        found = await _aged(store, rule, now, limit)
        (private if rule.private else going).update(found)
    return Expired(len(private - going), len(going))


async def expire(store: Store, retention: Retention, now: datetime) -> Expired:
    """Erase what has come of age; what it was. Raises StoreError."""
    private = walks = 0
    for rule in rules(retention):
        while found := await _aged(store, rule, now, BATCH):
            before = now - rule.age
            await asyncio.gather(*(dropped(store.shelf, id) for id in found))
            if rule.private:
                calls = [store.erase(id, at=now, by=WHO, before=before) for id in found]
                done = await asyncio.gather(*calls)
                private += sum(count > 0 for count in done)
            else:
                walks += sum(
                    await asyncio.gather(*(store.forget(id, before=before) for id in found))
                )
            if len(found) < BATCH:
                break
    all_ = Expired(private, walks)
    if all_ != Expired():
        audit = Audit(store.shelf, lambda: now)
        await audit.told("erased by age", who=WHO, private=private, walks=walks)
    return all_


async def _aged(store: Store, rule: Rule, now: datetime, limit: int) -> list[str]:
    return await store.aged(
        now - rule.age, private=rule.private, tree=rule.tree, but=rule.but, limit=limit
    )


async def keep(desk: Desk, retention: Retention, first: float = SOON) -> None:
    """Do it for as long as the server runs. What cannot be done now is done an hour later."""
    for tree in sorted(retention.trees.keys() - desk.library.trees.keys()):
        log.warning("retention names a tree that is not in the library", tree=tree)
    wait = first
    while retention:
        await asyncio.sleep(wait)
        wait = EVERY
        try:
            done = await expire(desk.store, retention, desk.clock())
        except FingerpostError as wrong:
            log.warning("retention is put off", why=str(wrong))
        else:
            if done != Expired():
                log.info("erased by age", private=done.private, walks=done.walks)
