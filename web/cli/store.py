"""Look after the record: make it, prove it, back it up, copy it.

  fingerpost store init                        make the record that `fingerpost serve` would make
  fingerpost store migrate                     bring it to the form of this version, forward only
  fingerpost store check                       prove the chain, the row and the replay of every walk
  fingerpost store stats --json                what is in it
  fingerpost store backup --output FILE        copy it while it is being served, and prove the copy
  fingerpost store copy --to postgresql://…    all of it into another store, that has nothing in it
  fingerpost store queues                      list anew what waits for whom, from the events
  fingerpost store rekey                       put personal values under the newest server key

The record is the one that `fingerpost serve` keeps, unless --store names another.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from web.cli import GOOD, WRONG, Misuse

if TYPE_CHECKING:
    from engine.stores.care import Care
    from web.keeping.proof import Break, Proof

_WORDS: Final[Mapping[str, str]] = {
    "init": "Make the record, if it is not there yet. `fingerpost serve` does the same.\n\nfingerpost store init --store sqlite:////var/lib/fingerpost/record.db\n",
    "migrate": "Bring the record to the form of this version: all of it, or it stays as it was. Stop the\nservers first. `fingerpost serve` does the same when it begins.\n\nfingerpost store migrate\n",
    "check": "Prove every walk: that its events are those that were kept, all and in their order (a chain of\nhashes); that the row about it agrees with them; and that they give that walk, on the versions of\nthe trees that were kept. The first break of each walk is named; any is exit status 1.\n\nfingerpost store check\n",
    "stats": "How many walks and events there are, how much room they take, and on which versions of which\ntrees the walks are.\n\nfingerpost store stats --json\n",
    "backup": "Copy the record, while it is being served, as it is at one moment. The copy is proved before it\nstands under its name. PostgreSQL is backed up by its own tools.\n\nfingerpost store backup --output /backup/record.db\n",
    "queues": "List anew what waits for whom (queues, what is parked, follow-ups), from the events of every\nwalk: once after an upgrade from a version that had no queues, or where `check` says so. It can be\ndone while serving.\n\nfingerpost store queues\n",
    "rekey": "Put the keys of all walks with personal values under the server key that is set first\n(private_key), so that older ones can be taken out of the settings. It can be done while serving.\n\nfingerpost store rekey\n",
    "copy": "Copy all of a record into another store, of any kind, that has nothing in it, and prove it there.\nStop the servers first.\n\nfingerpost store copy --to postgresql://fingerpost@db/fingerpost\n",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", metavar="|".join(_WORDS), required=True, help="each has a --help of its own"
    )
    subs = {}
    for name, words in _WORDS.items():
        raw = argparse.RawDescriptionHelpFormatter
        subs[name] = sub = actions.add_parser(name, description=words, formatter_class=raw)
        sub.add_argument(
            "--store", metavar="URL", help="like sqlite:////var/lib/fingerpost/record.db"
        )
        sub.add_argument("--settings", metavar="FILE", default="", help="fingerpost.toml")
    for name in ("check", "stats"):
        subs[name].add_argument("--json", action="store_true", help="the same as JSON")
    subs["check"].add_argument(
        "--no-replay", action="store_true", help="chains and rows alone: many times faster"
    )
    subs["backup"].add_argument("--output", metavar="FILE", required=True, type=Path)
    subs["copy"].add_argument("--to", metavar="URL", required=True, help="the other store")


def run(args: argparse.Namespace) -> int:
    from web.cli.terminal import progress_done

    try:
        return asyncio.run(_ACTIONS[args.action](args))
    finally:
        progress_done()


def care_of(url: str) -> Care:
    """What looks after this kind of store. Raises Misuse."""
    from engine.stores.care import CARE

    kind = url.partition(":")[0]
    if kind not in CARE:
        raise Misuse(
            f"{kind!r} is no kind of store that is kept; name one of {', '.join(CARE)}: --store sqlite:////path.db"
        )
    return CARE[kind]


# ---------------------------------------------------------------------------- init, migrate


async def _init(args: argparse.Namespace) -> int:
    from web.cli.record import opened, settled
    from web.settings import without_password

    url = str(settled(args.store, args.settings)["store"].value)
    care = care_of(url)
    has, newest = await care.form(url)
    if has:
        print(f"{without_password(url)} is there already (form {has})")
        return GOOD
    async with opened(url, args.settings):
        print(f"made {without_password(url)} (form {newest})")
    return GOOD


async def _migrate(args: argparse.Namespace) -> int:
    from web.cli.record import address, opened
    from web.settings import without_password

    url = address(args.store, args.settings)
    has, newest = await care_of(url).form(url)
    if not has:
        raise Misuse(
            f"there is no record at {without_password(url)} yet: `fingerpost store init` makes one"
        )
    async with opened(url, args.settings):
        if has == newest:
            print(f"{without_password(url)} has the newest form ({newest})")
        else:
            print(f"{without_password(url)} was brought from form {has} to form {newest}")
    return GOOD


# ------------------------------------------------------------------------------------- check


async def _check(args: argparse.Namespace) -> int:
    from web.cli.record import address, opened
    from web.cli.terminal import coloured, print_json, progress_done
    from web.keeping.proof import Proof

    url = address(args.store, args.settings)
    async with opened(url, args.settings) as store:
        proof = Proof(store, replays=not args.no_replay)
        faults = await care_of(url).faults(url)
        for fault in () if args.json else faults:
            print(coloured(fault, "red"))
        found = []
        async for wrong in proved(proof):
            found.append(wrong)
            if not args.json:
                progress_done()
                print(coloured(str(wrong), "red"))
    progress_done()
    if args.json:
        breaks = [{"walk": b.walk, "event": b.event or None, "what": b.what} for b in found]
        counts = {"walks": proof.walks, "events": proof.events, "not_replayed": proof.unplayed}
        print_json({**counts, "breaks": breaks, "faults": faults})
    else:
        print(_summary(proof, len(found) + len(faults)))
    return WRONG if found or faults else GOOD


async def proved(proof: Proof) -> AsyncIterator[Break]:
    """What is wrong, walk by walk, with progress on a terminal."""
    from web.cli.terminal import progress

    said = progress()
    async for wrong in proof.breaks():
        if proof.walks % 100 == 0:
            said(f"{proof.walks} walks, {proof.events} events proved")
        if wrong is not None:
            yield wrong


def _summary(proof: Proof, wrong: int) -> str:
    from web.cli.terminal import count

    counted = f"{count(proof.walks, 'walk')}, {count(proof.events, 'event')}"
    words = f"{count(wrong, 'break')} in {counted}" if wrong else f"whole: {counted}"
    if not proof.replays:
        return f"{words}; chains and rows alone"
    if proof.unplayed:
        words += f"; {proof.unplayed} not replayed: a version of the tree is not there, or the key of private values"
    return words


# ------------------------------------------------------------------------------------- stats


async def _stats(args: argparse.Namespace) -> int:
    from web.cli import counting
    from web.cli.record import address, opened
    from web.cli.terminal import print_json
    from web.settings import without_password

    url = address(args.store, args.settings)
    care = care_of(url)
    async with opened(url, args.settings) as store:
        found = await counting.counted(store)
        about = {
            "store": without_password(url),
            "form": (await care.form(url))[0],
            "bytes": await care.size(url),
        }
    if args.json:
        print_json(counting.as_json(found, about))
    else:
        print(counting.as_text(found, about))
    return GOOD


# ------------------------------------------------------------------------------ backup, copy


async def _backup(args: argparse.Namespace) -> int:
    from web.cli import copying
    from web.cli.record import address

    url = address(args.store, args.settings)
    return await copying.backed_up(url, args.output, care_of(url), args.settings)


async def _copy(args: argparse.Namespace) -> int:
    from web.cli import copying
    from web.cli.record import address

    care_of(args.to)
    return await copying.copied(address(args.store, args.settings), args.to, args.settings)


# ------------------------------------------------------------------------------------- rekey


async def _rekey(args: argparse.Namespace) -> int:
    from web.cli.record import address, opened, settled
    from web.cli.terminal import count

    found = settled(args.store, args.settings)
    if not (found["private_key"].value or found["private_key_file"].value):
        raise Misuse(
            "no server key is set: put it into private_key or private_key_file "
            "(FINGERPOST_PRIVATE_KEY); `openssl rand -base64 32` makes one"
        )
    async with opened(address(args.store, args.settings), args.settings) as store:
        changed = await store.rekey()
    print(
        f"{count(changed, 'walk')} put under the first server key; all others are under it already"
    )
    return GOOD


async def _queues(args: argparse.Namespace) -> int:
    from web.cli.record import address, opened
    from web.cli.terminal import count, progress, progress_done
    from web.keeping.proof import Proof

    said, changed = progress(), 0
    async with opened(address(args.store, args.settings), args.settings) as store:
        proof = Proof(store)
        async for one in proof.relisted():
            changed += one
            said(f"{proof.walks} walks looked at")
    progress_done()
    words = (
        f"{count(proof.walks, 'walk')} looked at; what waits was listed otherwise for {changed}"
    )
    if proof.unplayed:
        words += f"; {proof.unplayed} not replayed: a version of the tree is not there, or the key of private values"
    print(words)
    return GOOD


_ACTIONS: Mapping[str, Callable[[argparse.Namespace], Coroutine[Any, Any, int]]] = {
    "init": _init,
    "migrate": _migrate,
    "check": _check,
    "stats": _stats,
    "backup": _backup,
    "queues": _queues,
    "rekey": _rekey,
    "copy": _copy,
}
