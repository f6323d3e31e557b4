"""The console: one step of a walk, and every move from it.

In a browser everything that can be typed on a step is one form: the buttons of the others (back,
notes, at any time) belong to it by their ``form`` attribute, so that whichever is pressed, nothing
that was typed is lost. To a program each is a form of its own, at its own address.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import escape
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import walk as walks
from engine.errors import ClientIdReused, Conflict, InvalidAnswer, NotThere, Refused, StoreError
from engine.model import Expected, LanguageSet, Move, Noted, Prompt, Tree, Walk
from web import logs
from web.actions.waiting import key_of
from web.chance import token
from web.desk import Desk, Moved, digest
from web.drafts import NOTHING, Draft
from web.pages import ended, frames, lines, owed, remarks, views, wording
from web.pages.early import early
from web.pages.forms import MOST_NOTE, Typed
from web.pages.frames import Frames
from web.pages.looks import packed, page, redirect, unconfirmed, whole
from web.pages.looks import render as render_page
from web.pages.moment import came, may_be_both, moment
from web.pages.recorded import Recorded, Records
from web.signin import rights
from web.words import direction, marked

_AGAIN = marked("The walk was changed meanwhile. What you answered is still below: go on with it.")
_OVER = marked("That step is over. This is where the walk stands now.")
_UNANSWERED = marked("Choose one of the answers")
_UNTICKED = marked("Tick each point once it is done")
_MOST_LED = 2_000  # walks that a move has led on, and whose page nobody has fetched yet


def console(desk: Desk) -> list[Route]:
    """The routes of a walk: they are asked for most."""
    here = Console(desk)
    posts = {
        "answer": here.answer,
        "action": here.answer,
        "back": here.back,
        "notes": here.notes,
        "anytime": here.anytime,
        "language": here.language,
    }
    return [
        *(Route(f"/walks/{{id}}/{name}", post, methods=["POST"]) for name, post in posts.items()),
        Route("/walks/{id}/{seq}", here.step),
        Route("/walks/{id}", here.walk),
    ]


class Console:
    """Every move from a step. Self-service has the same, on pages of its own (`help/walking.py`)."""

    base = "/walks"  # where the pages of a walk are
    staffed = True  # whose turn a walk is stands on its page

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._frames = Frames()
        self.records = Records(desk, self._frames)
        self._led: dict[str, int] = {}  # walks to where a move has just led, not shown yet

    # -- what is shown

    async def walk(self, request: Request) -> Response:
        walk = await self.desk.settled(await self.desk.walk(request.path_params["id"]))
        return redirect(f"{self.base}/{walk.id}/{walk.seq}")

    async def step(self, request: Request) -> Response:
        seq, id = request.path_params["seq"], request.path_params["id"]
        led = self._led.pop(id, 0)
        walk = await self.desk.walk(id, seq)
        if seq == str(walk.seq):
            asked = request.query_params if request.scope["query_string"] else {}
            notice = remarks.SENT if "remarked" in asked else early(asked.get("ahead", ""))
            by_hand, noting = "by_hand" in asked, "notes" in asked
            # Where a move has just led, nothing was typed yet.
            typed = None if led == walk.seq else await self._typed(walk)
            shown = await self._shown(
                walk, draft=typed, by_hand=by_hand, noting=noting, notice=notice
            )
            return packed(request, shown)
        # The address of a form, opened by itself; or an old page, reloaded.
        old = seq.isascii() and seq.isdigit() and len(seq) < 10 and 0 < int(seq) < walk.seq
        if old and await self._left_since(walk, int(seq)):
            return await self._shown(walk, notice=_OVER)
        return redirect(f"{self.base}/{walk.id}/{walk.seq}")

    async def _typed(self, walk: Walk) -> Draft | None:
        """What stands typed where a walk stands, or was answered early: another worker may know."""
        desk = self.desk
        desk.drafts.early(walk.id, await desk.unsent.early(walk.id))
        return await desk.unsent.of(walk)

    async def _left_since(self, walk: Walk, seq: int) -> bool:
        """Whether the walk has moved since an event. A note or another language moves nothing, and
        a result that came by itself was waited for."""
        later = await self.desk.store.events(walk.id, after=seq)
        return any(isinstance(stored.event, Move) and not came(stored.event) for stored in later)

    async def _shown(
        self,
        walk: Walk,
        *,
        draft: Draft | None = None,
        status: int = 200,
        by_hand: bool = False,
        **more: Any,
    ) -> Response:
        """The page of where a walk stands. ``draft``: what was typed and not accepted; ``by_hand``:
        whoever waits for an action does it by hand."""
        tree = await self.desk.tree_of(walk)
        performing = self.desk.performing
        performing.attend(tree, walk)
        draft = self.desk.drafts.of(walk) if draft is None else draft
        if draft.wrong and status == 200:
            more["wrong"] = dict(draft.wrong)
        try:
            seen = await self.records.whole(tree, walk)
            if status == 200 and draft is NOTHING and not (seen.closed or any(more.values())):
                ready = self._ready(tree, walk, seen)
                if ready is not None:
                    return whole(ready)
            common = self._common(tree, walk, draft, seen) | more
            if self.staffed:
                common["turned"] = await owed.panel(self.desk, tree, walk, seen.actors)
            if walk.state.outcome is not None:
                closed, outbox = seen.closed, self.desk.outbox
                sent = await outbox.stands(walk.id, closed.seq) if closed and outbox.on else None
                common |= {"closed": closed, "delivery": sent}
                return page("outcome.html", end_of(tree, walk, common), status)
            if performing.is_pending(tree, walk) and not (by_hand and may_be_both(walk)):
                return moment(tree, walk, self.desk.clock(), common, status)
            unsure = performing.stands(tree, walk) == "unsure"
            return page("step.html", step_of(tree, walk, draft, unsure, common), status)
        except Exception:
            return self._last_good(tree, walk)

    def _ready(self, tree: Tree, walk: Walk, seen: Recorded) -> bytes | None:
        """The page of a step at which nothing was typed yet, or of an end, put together from parts
        that are ready; None where it is neither."""
        said, notes = self._lines(tree, walk, seen), seen.notes
        prompt, outcome = seen.prompt(tree, walk), walk.state.outcome
        if (prompt is None and outcome is None) or walk.draft is not None or walk.turn is not None:
            return None
        if self.staffed and owed.shared(seen.actors):
            return None

        def render() -> str:
            common: dict[str, Any] = self._common(tree, frames.marked(walk), NOTHING, seen) | {
                "said": [frames.line("said")] if said else [],
                "notes": [frames.line("notes")] if notes else [],
                "client_id": frames.mark("token"),
                "known": seen.known and frames.mark("known"),
                "now": None,
            }
            with frames.for_anybody():
                if outcome is not None:
                    ended = end_of(tree, frames.marked(walk), common, frames.mark("summary"))
                    return render_page("outcome.html", ended)
                shown = step_of(tree, frames.marked(walk), NOTHING, False, common)
                return render_page("step.html", shown)

        parts = frames.parts(tree, walk, self.desk.clock(), token(), said, notes)
        parts["known"] = seen.known
        asked: Any = prompt
        if outcome is not None:
            asked = outcome, walks.ending(tree, walk), *lines.promises(tree, walk)
            parts["summary"] = str(escape(ended.shown_summary(tree, walk, said, notes, None)))
        shape = bool(said), bool(notes), bool(seen.known), walk.past is not None, *frames.shape()
        try:
            return self._frames.page(tree, walk, asked, shape, render, parts)
        except TypeError:  # it is filled in with what cannot be compared
            return None

    def _lines(self, tree: Tree, walk: Walk, seen: Recorded) -> list[views.Said]:
        return self.records.said(tree, walk, seen)

    def _common(self, tree: Tree, walk: Walk, draft: Draft, seen: Recorded) -> dict[str, Any]:
        return {
            "tree": tree,
            "walk": walk,
            "said": self._lines(tree, walk, seen),
            "notes": seen.notes,
            "note": draft.note,
            "known": seen.known,
            "now": self.desk.clock(),
            "client_id": token(),
            "direction": direction(walk.state.language),
            "back": walk.past is not None and may_be_both(walk),
        }

    def _last_good(self, tree: Tree, walk: Walk) -> Response:
        """A fault inside: the step before the one that cannot be shown, with a reference number."""
        reference = logs.reference()
        logs.log.error("a step cannot be shown", exc_info=sys.exception())
        before = replace(walk, state=walk.past.last.state) if walk.past else walk
        try:
            prompt = walks.prompt(tree, before) or walks.task(tree, before)
        except Exception:
            prompt = None
        shown = views.FaultPage(
            tree=tree, walk=walk, said=[], notes=[], client_id=token(), prompt=prompt,
            reference=reference, direction=direction(walk.state.language),
            back=walk.past is not None, now=self.desk.clock(),
        )  # fmt: skip
        return page("fault.html", shown, 500)

    # -- moves

    async def answer(self, request: Request) -> Response:
        form = await Typed.of(request)
        desk = self.desk
        walk = await desk.seen(request.path_params["id"], form.seq)
        tree = await desk.tree_of(walk)
        here = form.node == walk.state.frames[-1].node
        shown = self.records.of(walk).prompt(tree, walk)
        said = form.answer(_accepted(tree, walk, shown)) if here else form.unread()
        points = shown.checklist if shown is not None and here else ()
        if points:
            said = {"done": form.ticks()}

        def answered(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            common: dict[str, Any] = {"at": at, "by": desk.actor, "client_id": form.client_id}
            if points and len(set(form.ticks())) < len(points):
                raise InvalidAnswer("", _UNTICKED)
            walk = with_note(tree, walk, form, at, self.desk.actor)
            if walk.state.request is not None:
                waiting = form.word("request")
                return walks.resolve(tree, walk, waiting, said or {}, ref=ref, **common)
            return walks.answer(tree, walk, None if points else said, ref=ref, **common)

        make = desk.performing.by_hand(answered)
        response = await self._moved(request, form, make, said, sent=form.everything())
        if response.status_code == 303 and desk.drafts.drop(walk):
            await desk.unsent.keep_early(walk.id, desk.drafts.left(walk.id))
        return response

    async def back(self, request: Request) -> Response:
        form = await Typed.of(request)

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            return walks.back(
                tree, with_note(tree, walk, form, at, self.desk.actor), at=at, by=self.desk.actor,
                client_id=form.client_id,
            )  # fmt: skip

        return await self._beside(request, form, make, "back")

    async def anytime(self, request: Request) -> Response:
        form = await Typed.of(request)
        said = {"anytime": form.word("anytime")}

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            return walks.answer(
                tree, with_note(tree, walk, form, at, self.desk.actor), said, at=at, by=self.desk.actor,
                client_id=form.client_id,
            )  # fmt: skip

        return await self._beside(request, form, make, "anytime", said["anytime"])

    async def notes(self, request: Request) -> Response:
        form = await Typed.of(request)
        return await self._beside(request, form, self._noting(form), "notes", anywhere=True)

    def _noting(self, form: Typed) -> Moved:
        return lambda tree, walk, at, ref: with_note(tree, walk, form, at, self.desk.actor)

    async def language(self, request: Request) -> Response:
        form = await Typed.of(request)
        wanted = form.word("language")

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            event = LanguageSet(
                at=at, actor=self.desk.actor, client_id=form.client_id, language=wanted
            )
            return walks.record(tree, with_note(tree, walk, form, at, self.desk.actor), event)

        return await self._beside(request, form, make, "language", wanted, anywhere=True)

    async def _beside(
        self, request: Request, form: Typed, make: Moved, *what: str, anywhere: bool = False
    ) -> Response:
        """A move other than the answer: what was typed as an answer is kept for its step."""
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        said: Any = None
        if form.node and form.node == walk.state.frames[-1].node:
            said = form.answer(walks.expects(tree, walk))
            said = {"done": form.ticks()} if said is None and form.ticks() else said
            self.desk.drafts.keep(walk, Draft(said))
        if what == ("notes",) and not form.note:
            return redirect(f"{self.base}/{walk.id}/{walk.seq}?notes")
        # One page has one id for whichever button is pressed: each button makes its own of it.
        prefix = what[0][0] + "-"
        if form.client_id and not form.client_id.startswith(prefix):
            form.client_id = prefix + form.client_id
        return await self._moved(
            request, form, make, said, sent=[*what, form.note], anywhere=anywhere
        )

    async def _moved(
        self,
        request: Request,
        form: Typed,
        make: Moved,
        said: Any,
        *,
        sent: Any,
        anywhere: bool = False,
    ) -> Response:
        """After a move: the step that it led to; the same step with what was typed where the move
        was refused; the newer state where somebody else was first. ``anywhere``: it does not
        matter where the walk stands by now."""
        id = request.path_params["id"]
        try:
            walk = await self._kept(id, form, make, digest(sent), anywhere)
        except InvalidAnswer as refused:
            return await self._refused(id, form, said, dict(refused.fields))
        except (Conflict, ClientIdReused, Refused) as refused:
            return await self._stale(id, form, said, refused)
        except NotThere:
            raise
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"{self.base}/{id}")
        except Exception:
            return await self._faulty(id, form, said)
        if form.word("remark").strip() and rights.may("POST /walks/{id}/remark"):  # it stood there
            await remarks.add(self.desk, walk, form.word("remark"), form.seq, form.client_id)
        walk = await self.desk.settled(walk)
        await self._carried(walk, sent[0])
        return redirect(f"{self.base}/{id}/{walk.seq}" + ("?notes" if sent[0] == "notes" else ""))

    async def _carried(self, walk: Walk, what: Any) -> None:
        """Where a note or another language leaves the walk at its step, what is typed there goes
        along; else it has just been led to a step where nothing is typed."""
        if what in ("notes", "language") and (draft := self.desk.drafts.of(walk)).said:
            await self.desk.unsent.keep(walk, draft)
            return
        self._led[walk.id] = walk.seq
        if len(self._led) > _MOST_LED:
            self._led.pop(next(iter(self._led)))

    async def _kept(self, id: str, form: Typed, make: Moved, body: str, anywhere: bool) -> Walk:
        common: dict[str, Any] = {"client_id": form.client_id, "body": body}
        try:
            return await self.desk.move(id, make, seq=None if anywhere else form.seq, **common)
        except ClientIdReused:
            if not anywhere:
                raise
            return await self.desk.move(id, make, seq=None)  # an old page, filled in anew
        except Conflict as newer:
            walk = await self.desk.walk(id)
            if form.seq < 1 or await self._left_since(walk, form.seq):
                raise newer
            return await self.desk.move(id, make, seq=walk.seq, **common)

    async def _refused(self, id: str, form: Typed, said: Any, wrong: dict[str, str]) -> Response:
        """The same step with everything that was typed, and what is wrong with it."""
        walk = await self.desk.walk(id)
        note_wrong = wrong.pop("text", "") if len(form.note) > MOST_NOTE else ""
        if not any(_answers(said)) and ("exit" in wrong or "choose" in wrong.get("", "")):
            wrong = {"": _UNANSWERED}
        return await self._shown(
            walk, draft=Draft(said, form.note), wrong=wrong, note_wrong=note_wrong, status=422,
            by_hand=True, remark=form.word("remark"),
        )  # fmt: skip

    async def _stale(self, id: str, form: Typed, said: Any, why: Exception) -> Response:
        """Where the walk stands by now, and what had been typed."""
        walk = await self.desk.walk(id)
        here = form.node == walk.state.frames[-1].node and walk.state.outcome is None
        notice = (
            wording.sentence(str(why)) if isinstance(why, Refused) else _AGAIN if here else _OVER
        )
        if here:
            typed, remark = Draft(said, form.note), form.word("remark")
            return await self._shown(walk, draft=typed, notice=notice, status=409, remark=remark)
        tree = await self.desk.tree_of(walk)
        stale = wording.unread(tree, form.word("tree"), form.node, form.unread())
        kept = Draft(self.desk.drafts.of(walk).said, form.note)
        return await self._shown(
            walk, draft=kept, notice=notice, stale=stale, status=409, remark=form.word("remark")
        )

    async def _faulty(self, id: str, form: Typed, said: Any) -> Response:
        """A fault inside: the log is as it was, so is the step; with a reference number."""
        reference = logs.reference()
        logs.log.error("fault at a move", exc_info=sys.exception())
        notice = (
            "Something went wrong here. Nothing that was acknowledged is lost, and what you typed is below. "
            f"Try again; if it stays, go back, and tell us the reference {reference}."
        )
        walk = await self.desk.walk(id)
        typed, remark = Draft(said, form.note), form.word("remark")
        return await self._shown(walk, draft=typed, notice=notice, status=500, remark=remark)


def _accepted(tree: Tree, walk: Walk, shown: Prompt | None) -> Expected:
    """What is accepted, as far as the shape of a form goes: what was shown of a step tells that,
    and was worked out when it was shown."""
    if shown is None:
        return walks.expects(tree, walk)
    kind = "answered" if shown.pick or shown.fields else "continued"
    return Expected(type=kind, pick=shown.pick, fields=shown.fields)


def with_note(tree: Tree, walk: Walk, form: Typed, at: datetime, by: str) -> Walk:
    """A note that stands typed when another button is pressed is kept with that move."""
    if not form.note:
        return walk
    if len(form.note) > MOST_NOTE:
        raise InvalidAnswer("text", f"a note has at most {MOST_NOTE:,} characters")
    note = Noted(at=at, actor=by, text=form.note, node=walk.state.frames[-1].node)
    return walks.record(tree, walk, note)


def _answers(said: Any) -> list[Any]:
    """The values in an answer."""
    return list(said.values()) if isinstance(said, Mapping) else [said]


def step_of(
    tree: Tree, walk: Walk, draft: Draft, unsure: bool, common: Mapping[str, Any]
) -> views.StepPage:
    shown, task = walks.prompt(tree, walk), False
    if shown is None:
        shown, task = walks.task(tree, walk), True
    assert shown is not None
    before = shown.draft if draft.said is None else draft.said
    request = walk.state.request
    team = tree.teams.get(request.by) if request else None
    acts = request is None or not request.by or rights.acts_for(request.by)
    language = walk.state.language
    return views.StepPage(
        prompt=shown, expected=walks.expects(tree, walk), task=task, acts=acts,
        team=wording.worded(tree, language, team.label) if team else "", inputs=wording.inputs(tree, walk),
        chosen=wording.ticked(before), done=wording.done(before),
        filled=before if isinstance(before, Mapping) else None,
        unsure=key_of(walk, request) if request and unsure else "", **common,
    )  # fmt: skip


def end_of(
    tree: Tree, walk: Walk, common: Mapping[str, Any], summary: str = ""
) -> views.OutcomePage:
    outcome = walk.state.outcome
    assert outcome is not None
    language = walk.state.language
    if not summary:
        closed = common.get("closed")
        summary = ended.shown_summary(tree, walk, common["said"], common["notes"], closed)
    return views.OutcomePage(
        words=walks.ending(tree, walk), disposition=ended.outcome_of(tree, walk),
        code=outcome.disposition, codes=ended.codes(tree, walk),
        teams=tuple(wording.worded(tree, language, tree.teams[team].label) for team in outcome.hand_to),
        promises=lines.promises(tree, walk), summary=summary, **common,
    )  # fmt: skip
