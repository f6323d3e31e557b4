"""The JSON API: the same resources as the pages, under ``/api/v1``."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute
from msgspec.structs import replace

from engine import walk as walks
from engine.errors import Conflict, InvalidAnswer, Refused
from engine.formats.graph_json import graph
from engine.model import Answered, Tree, Walk
from engine.rebase import Rebase, rebase
from engine.record import Stored, as_json
from web.api import bodies, shown
from web.api.assisting import Assisting
from web.api.moves import move_of
from web.api.noticing import Noticing
from web.api.openapi import describe
from web.api.reading import BadRequest, read
from web.api.speaking import Speech
from web.api.standing import NO_STORE, as_answer, stands
from web.api.waiting import Waiting
from web.desk import Desk, Moved, digest
from web.exports import EXPORTS, harmless
from web.findings import as_json as finding_json
from web.notices import Notice
from web.pages.lines import said as of_path
from web.pages.lines import without_results
from web.pages.transcript import COLUMNS, as_rows, transcript
from web.remarks import Remark
from web.signin.rights import may
from web.speech import voice
from web.teams import known_person


def api(desk: Desk, route_class: type[APIRoute] = APIRoute) -> APIRouter:
    """The routes, those of a step first: they are asked for most."""
    router, calls = APIRouter(prefix="/api/v1", route_class=route_class), _Calls(desk)
    speech, assisting, noticing = Speech(desk), Assisting(desk), Noticing(desk)
    waiting = Waiting(desk)
    table: list[tuple[str, str, Callable[..., Any], str, dict[str, Any]]] = [
        ("POST", "/walks/{id}/events", calls.append, "Append an event: an answer, going back, a note …", describe(200, shown.Standing, body=bodies.Send, conflict=True)),
        ("GET", "/walks/{id}", calls.walk, "Where a walk stands", describe(200, shown.Standing)),
        ("GET", "/walks", waiting.walks, "Walks by how they stand: your own, or all", describe(200, shown.WalksShown)),
        ("GET", "/queues", waiting.queues, "What waits for you and your teams", describe(200, shown.WaitingShown)),
        ("GET", "/follow-ups", waiting.follow_ups, "What was promised, and when it is due", describe(200, shown.WaitingShown)),
        ("POST", "/walks", calls.start, "Start a walk", describe(201, shown.Standing, body=bodies.StartCall)),
        ("POST", "/walks/{id}/rebase", calls.rebase, "What changing an answer would do, or the change", describe(200, (shown.RebaseDone, shown.RebaseTold), body=bodies.RebaseCall, conflict=True)),
        ("GET", "/walks/{id}/path", calls.path, "The steps of the present path", describe(200, shown.PathShown)),
        ("GET", "/walks/{id}/path.csv", calls.path_csv, "The same as CSV", describe(200, "text/csv")),
        ("GET", "/walks/{id}/events", calls.events, "Everything that was recorded", describe(200, shown.EventsShown)),
        ("GET", "/walks/{id}/events.csv", calls.events_csv, "The same as CSV", describe(200, "text/csv")),
        ("GET", "/walks/{id}/transcript", calls.transcript, "What was asked and answered, as text", describe(200, "text/plain")),
        ("GET", "/walks/{id}/transcript.csv", calls.transcript_csv, "The same as CSV", describe(200, "text/csv")),
        ("GET", "/walks/{id}/text", speech.text, "The step as plain text, with numbered answers", describe(200, "text/plain")),
        ("POST", "/walks/{id}/text", speech.reply, "What was written back; the next step as text", describe(200, shown.TextShown, body=bodies.Reply, refuses=True)),
        ("GET", "/walks/{id}/voice", speech.voice, "The step as a VoiceXML 2.1 document", describe(200, voice.KIND, refuses=True)),
        ("POST", "/walks/{id}/voice", speech.said, "What a telephone platform heard, as a form; the next document", describe(200, voice.KIND, refuses=True)),
        ("GET", "/walks/{id}/ahead", assisting.shown, "What is likely to be asked", describe(200, shown.AheadShown)),
        ("POST", "/walks/{id}/ahead", assisting.ahead, "Several answers at once", describe(200, shown.AheadDone, body=bodies.AheadCall, conflict=True)),
        ("GET", "/walks/{id}/summary", assisting.summary, "What a case is filed by, notes and the path, as text", describe(200, "text/plain")),
        ("GET", "/remarks", assisting.remarks, "What agents say of steps that are wrong: for authors all, for agents their own", describe(200, shown.RemarksShown)),
        ("POST", "/remarks", assisting.remark, "Say that a step is wrong", describe(201, Remark, body=bodies.RemarkCall, refuses=True)),
        ("POST", "/remarks/{id}/reply", assisting.reply, "Say what became of a remark", describe(200, Remark, body=bodies.RemarkReply, refuses=True)),
        ("GET", "/notices", noticing.notices, "What is told before the first step", describe(200, shown.NoticesShown)),
        ("POST", "/notices", noticing.tell, "Tell something before the first step: of a tree, or of all", describe(201, Notice, body=bodies.NoticeCall)),
        ("DELETE", "/notices/{id}", noticing.drop, "Take a notice away; those that stay", describe(200, shown.NoticesShown)),
        ("GET", "/trees", calls.trees, "The trees that can be walked", describe(200, shown.TreesShown)),
        ("GET", "/trees/{tree}", calls.tree, "One tree", describe(200, shown.TreeShown)),
        ("GET", "/trees/{tree}/graph", calls.graph, "Its nodes and exits", describe(200, shown.GraphShown)),
        ("GET", "/trees/{tree}/findings", calls.findings, "What the checks found", describe(200, shown.FindingsShown)),
    ]  # fmt: skip
    for method, path, call, summary, told in table:
        router.add_api_route(
            path, call, methods=[method], summary=summary, openapi_extra=told,
            status_code=201 if call in (calls.start, assisting.remark, noticing.tell) else 200, response_class=Response,
        )  # fmt: skip
    return router


class _Calls:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    # -- trees

    async def trees(self) -> Response:
        return as_answer(shown.TreesShown([_tree(tree) for tree in self.desk.trees.values()]))

    async def tree(self, tree: str) -> Response:
        return as_answer(_tree(self.desk.tree(tree)))

    async def graph(self, tree: str) -> Response:
        return as_answer(graph(self.desk.tree(tree)))

    async def findings(self, tree: str) -> Response:
        found = [f for f in self.desk.examined.findings if f.tree == tree]
        if not found:
            self.desk.tree(tree)
        return as_answer({"findings": [finding_json(finding) for finding in found]})

    # -- walks

    async def start(self, request: Request) -> Response:
        call, data = read(await request.body(), bodies.StartCall)
        tree = self.desk.tree(call.tree)
        wrong = _not_for(tree, call)
        if wrong:
            raise InvalidAnswer(*wrong[0], wrong[1:])
        walk = await self.desk.start(
            tree.id, client_id=call.client_id, body=digest(data), given=call.given or {},
            audience=call.audience, language=call.language, channel=call.channel or "",
            reference=call.reference or "",
        )  # fmt: skip
        return as_answer(await stands(self.desk, await self.desk.settled(walk)), 201)

    async def walk(self, id: str) -> Response:
        return as_answer(await stands(self.desk, await self.desk.walk(id)))

    async def append(self, request: Request, id: str) -> Response:
        call, data = read(await request.body(), bodies.Send)
        if isinstance(call, bodies.SendHandedTo):
            await known_person(self.desk, call.to)
        make = self.desk.performing.by_hand(move_of(call, self.desk.actor))
        return await self._moved(id, call, digest(data), make)

    async def _moved(self, id: str, call: Any, body: str, make: Moved) -> Response:
        try:
            walk = await self.desk.move(
                id, make, seq=call.seq, client_id=call.client_id, body=body
            )
        except (Conflict, Refused) as refused:
            return await self._conflict(id, refused)
        return as_answer(await stands(self.desk, await self.desk.settled(walk)))

    async def _conflict(self, id: str, why: Exception) -> Response:
        """409: the newer state, in the same shape, and why."""
        newer = await stands(self.desk, await self.desk.walk(id))
        return as_answer(replace(newer, detail=str(why)), 409)

    async def rebase(self, request: Request, id: str, dry_run: bool = False) -> Response:
        call, data = read(await request.body(), bodies.RebaseCall)
        told: list[Rebase] = []

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            found = rebase(
                tree, walk, _target(call, walk), call.answer, at=at, by=self.desk.actor,
                client_id=call.client_id, ref=ref,
            )  # fmt: skip
            told.append(found)
            return found.walk

        try:
            if dry_run:
                walk = await self.desk.walk(id)
                if call.seq not in (None, walk.seq):
                    raise Conflict(id, call.seq, walk.seq)
                make(await self.desk.tree_of(walk), walk, self.desk.clock(), "")
                return as_answer(shown.RebaseTold(dry_run=True, consequences=_told(told[-1])))
            if call.seq is None:
                raise BadRequest("'seq' is needed.", {"seq": "is needed"})
            walk = await self.desk.move(
                id, make, seq=call.seq, client_id=call.client_id, body=digest(data)
            )
        except (Conflict, Refused) as refused:
            return await self._conflict(id, refused)
        standing = msgspec.structs.asdict(await stands(self.desk, walk))
        consequences = _told(told[-1]) if told else None
        return as_answer(shown.RebaseDone(**standing, dry_run=False, consequences=consequences))

    # -- the record

    async def path(self, id: str) -> Response:
        return as_answer(shown.PathShown(_steps(await self.desk.walk(id))))

    async def path_csv(self, id: str) -> Response:
        steps = [msgspec.structs.astuple(step) for step in _steps(await self.desk.walk(id))]
        return _csv(("tree", "node", "exit", "visit"), steps)

    async def events(self, id: str) -> Response:
        return as_answer({"events": [as_json(stored) for stored in await self._events(id)]})

    async def events_csv(self, id: str) -> Response:
        out = io.StringIO()
        await EXPORTS["csv"](_each(await self._events(id)), out, lambda _: None)
        return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=NO_STORE)

    async def _events(self, id: str) -> list[Stored]:
        return await self.desk.events(id)

    async def transcript(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        row, tree = await self.desk.store.walk(id), await self.desk.tree_of(walk)
        erased = row.erased if row is not None else None
        # What was noted, and by whom it was taken, is for those who work here.
        staff = may("GET /api/v1/walks/{id}/events")
        events = await self.desk.events(id) if staff else []
        people = await self.desk.directory.names() if staff else {}
        said = None if staff else without_results(walk, of_path(tree, walk))
        words = transcript(tree, walk, events, erased=erased, people=people, said=said)
        return PlainTextResponse(words, headers=NO_STORE)

    async def transcript_csv(self, id: str) -> Response:
        walk = await self.desk.walk(id)
        return _csv(
            COLUMNS, as_rows(await self.desk.tree_of(walk), walk, await self.desk.events(id))
        )


def _tree(tree: Tree) -> shown.TreeShown:
    given = [
        shown.GivenShown(
            name=f.name, type=f.type, label=f.label.source if f.label else f.name,
            required=f.required, private=f.private, of=[o.id for o in f.of],
        )
        for f in tree.given
    ]  # fmt: skip
    return shown.TreeShown(
        id=tree.id, title=tree.title.source, summary=tree.summary.source if tree.summary else None,
        tags=tree.tags, audience=tree.audience, languages=tree.languages, channels=tree.channels,
        logic=tree.logic, text=tree.text, start=tree.start, given=given,
        exits=None if tree.contract is None else list(tree.contract.exits),
    )  # fmt: skip


def _steps(walk: Walk) -> list[shown.StepShown]:
    return [
        shown.StepShown(tree=s.tree, node=s.node, exit=s.exit, visit=s.visit)
        for s in walks.steps(walk)
    ]


def _not_for(tree: Tree, call: bodies.StartCall) -> list[tuple[str, str]]:
    """What of a start this tree is not for."""
    wrong = []
    if call.audience is not None and call.audience not in tree.audience:
        wrong.append(("audience", f"this tree is for {' and '.join(tree.audience)}"))
    if call.language is not None and call.language not in tree.languages:
        wrong.append(("language", f"this tree is in {', '.join(tree.languages)}"))
    return wrong


def _target(call: bodies.RebaseCall, walk: Walk) -> int:
    """The seq of the answer to change."""
    if call.target is not None:
        return call.target
    if call.node is None:
        raise BadRequest("'target' or 'node' says which answer", {"target": "is needed"})
    chain = walk.past
    while chain is not None:
        past: walks.Past = chain.last
        if isinstance(past.event, Answered) and past.event.node == call.node:
            return past.seq
        chain = chain.rest
    raise Refused(f"no answer at {call.node!r} stands on the present path")


def _told(found: Rebase) -> shown.Consequences:
    return shown.Consequences(
        kept=found.kept, dropped=found.dropped, asked_again=found.asked_again or None,
        results_kept=found.results_kept, results_repeated=found.results_repeated,
    )  # fmt: skip


# ----------------------------------------------------------------------------------- answers


def _csv(names: Iterable[str], rows: Iterable[Iterable[Any]]) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([harmless("" if cell is None else str(cell)) for cell in row] for row in rows)
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=NO_STORE)


async def _each(events: Iterable[Stored]) -> AsyncIterator[Stored]:
    for stored in events:
        yield stored
