"""`fingerpost walks export`. Not a command of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from web.cli import Misuse

if TYPE_CHECKING:
    from engine.record import Stored
    from engine.stores import Store

WORDS = """Every event of every walk, walk by walk, in bounded memory.

fingerpost walks export --format csv --output walks.csv
fingerpost walks export --format parquet --from 2026-11-01 --to 2026-11-30 --output november.parquet

csv has a line for each event:
  walk, seq       the walk's id, and the event's number in it, from 1
  at              when, UTC
  type, actor     what happened (started, answered, continued, action_finished, went_back, noted …), who did it
  tree            the tree that the walk is of
  node, exit      the node that was left, and by which exit
  answer          what was answered or came back; several values as JSON; a personal value is (private)
  path            every node passed by this event, NODE=EXIT, with > between
  reached         the node where the walk stands then
  note            a note, or the reason of a jump, a hand-over or a pause
  audience, channel, language, reference   of the walk
  logic, text     the versions of the tree and of its wording
A cell that a spreadsheet would take for a formula begins with an apostrophe.

jsonl    the events as the API shows them, each with its walk and tree
parquet  the columns of csv, typed, and steps: a list of {tree, node, exit, visit}
         (needs pyarrow: pip install 'fingerpost[parquet]')
xes      IEEE 1849-2016 for process mining: a trace a walk, an event a step

Personal values are never exported: they are only named.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    from web.exports import EXPORTS

    parser.add_argument("--format", choices=tuple(EXPORTS), default="csv")
    parser.add_argument(
        "--output", "--out", metavar="FILE", help="write there, whole or not at all"
    )
    parser.add_argument("--tree", metavar="ID", default="", help="walks of this tree alone")
    parser.add_argument(
        "--from", dest="first", type=day, metavar="DATE", help="walks begun on that day or later"
    )
    parser.add_argument(
        "--to", dest="last", type=day, metavar="DATE", help="… on that day or earlier (UTC)"
    )


def day(text: str) -> date:
    """A day as the command line takes it."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-11-30") from None


async def run(store: Store, args: argparse.Namespace) -> None:
    from web.cli.terminal import progress, progress_done, writing, writing_bytes
    from web.exports import BINARY, EXPORTS
    from web.signin.audit import Audit, on_this_machine

    binary = args.format in BINARY
    if binary and args.output is None and sys.stdout.isatty():
        raise Misuse(f"{args.format} is not for reading: name a file with --output FILE")
    # Who took it is written down first: an export that cannot be noted is not made.
    audit = Audit(store.shelf, lambda: datetime.now(UTC))
    await audit.told("record exported", who=on_this_machine(), form=args.format, tree=args.tree)
    events = store.all_events(tree=args.tree)
    if args.first or args.last:
        events = _begun(events, args.first or date.min, args.last or date.max)
    write, said = EXPORTS[args.format], progress()
    if args.output is None:
        await write(events, sys.stdout.buffer if binary else sys.stdout, said)
    else:
        with (writing_bytes if binary else writing)(Path(args.output)) as file:
            count = await write(events, file, said)
    progress_done()
    if args.output is not None:
        print(f"{count} events written to {args.output}", file=sys.stderr)


async def _begun(events: AsyncIterator[Stored], first: date, last: date) -> AsyncIterator[Stored]:
    """The events of the walks that began on these days, UTC."""
    wanted = False
    async for stored in events:
        if stored.seq == 1:
            wanted = first <= stored.event.at.astimezone(UTC).date() <= last
        if wanted:
            yield stored
