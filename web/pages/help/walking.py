"""A customer's own walk: the console's moves, on pages that show one thing each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from engine import walk as walks
from engine.attempts import is_attempt, to_team
from engine.errors import Conflict, InvalidAnswer, Refused, StoreError
from engine.kit.moves import ERASED
from engine.kit.scope import zone
from engine.model import Noted, Prompt, Surveyed, Tree, Type, Walk
from engine.remaining import remaining
from engine.speak import speak
from web.codes import Codes
from web.desk import Desk, digest, noted
from web.drafts import Draft
from web.limits import Limit
from web.pages import lines, wording
from web.pages.console import Console, end_of, step_of
from web.pages.forms import Typed
from web.pages.help.shown import BASE, CodePage, HelpEnd, HelpStep, HelpWaiting, Person
from web.pages.help.surveys import MOST_COMMENT, SCALES, rated
from web.pages.looks import page, redirect, unconfirmed
from web.pages.transcript import transcript
from web.pages.views import Promised, Said
from web.signin import cookies
from web.words import marked, translator

TRIED: Final = marked("The customer had tried this already.")
_BUSY: Final = "a team of ours does this: there is nothing to answer here"


def walking(desk: Desk) -> list[Route]:
    here = _Help(desk)
    posts = {
        "answer": here.answer,
        "tried": here.tried,
        "back": here.back,
        "anytime": here.anytime,
        "language": here.language,
        "person": here.person,
        "survey": here.survey,
    }
    return [
        *(Route(f"{BASE}/{{id}}/{name}", post, methods=["POST"]) for name, post in posts.items()),
        Route(f"{BASE}/{{id}}/code", here.code),
        Route(f"{BASE}/{{id}}/steps.txt", here.steps),
        Route(f"{BASE}/{{id}}/{{seq}}", here.step),
        Route(f"{BASE}/{{id}}", here.walk),
    ]


class _Help(Console):
    base = BASE
    staffed = False

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.codes = Codes(desk.store.shelf, desk.clock)
        self.moves = Limit(120, 120)  # of one walk, by one browser

    # -- what is shown

    def _lines(self, tree: Tree, walk: Walk, seen: Any) -> list[Said]:
        return lines.without_results(walk, super()._lines(tree, walk, seen))

    async def _shown(
        self, walk: Walk, *, draft: Draft | None = None, status: int = 200, by_hand: bool = False,
        **more: Any,
    ) -> Response:  # fmt: skip
        tree = await self.desk.tree_of(walk)
        self.desk.performing.attend(tree, walk)
        draft = self.desk.drafts.of(walk) if draft is None else draft
        if draft.wrong and status == 200:
            more["wrong"] = dict(draft.wrong)
        more.pop("noting", None)
        try:
            seen = await self.records.whole(tree, walk)
            common = self._common(tree, walk, draft, seen) | more
            if walk.state.outcome is not None:
                return await self._ended(tree, walk, common, status)
            if walk.state.request is not None:
                return self._waiting(tree, walk, common, status)
            return page("help/step.html", _step(tree, walk, draft, common), status)
        except StoreError:
            raise
        except Exception:
            return self._last_good(tree, walk)

    async def _ended(
        self, tree: Tree, walk: Walk, common: Mapping[str, Any], status: int
    ) -> Response:
        said = rated(await self.desk.events(walk.id))
        outcome = walk.state.outcome
        assert outcome is not None
        ended = _all(end_of(tree, walk, common, transcript(tree, walk, said=common["said"])))
        ended["promises"] = _promised(ended["promises"])
        shown = HelpEnd(
            **ended,
            survey=outcome.survey, scale=SCALES.get(outcome.survey, ()),
            rated=said[-1] if said else None, final=len(said) > 1,
            until=_comes_back(self.desk, walk), with_person=bool(outcome.hand_to),
        )  # fmt: skip
        return page("help/end.html", shown, status)

    def _waiting(self, tree: Tree, walk: Walk, common: Mapping[str, Any], status: int) -> Response:
        """An action: a program does it, or a team. A customer does none of them by hand."""
        request, task = walk.state.request, walks.task(tree, walk)
        assert request is not None
        assert task is not None
        team = tree.teams.get(request.by)
        since = request.begun.at if request.begun else walk.state.now
        passed = max(0, int((self.desk.clock() - since).total_seconds()))
        seconds = 60 if team else min(10, 1 + passed // 3)
        shown = HelpWaiting(
            say=task.say, waiting=seconds, person=_to_person(tree, walk, task),
            team=wording.worded(tree, walk.state.language, team.label) if team else "", **common,
        )  # fmt: skip
        response = page("help/waiting.html", shown, status)
        response.headers["refresh"] = f"{seconds}; url={BASE}/{walk.id}"
        return response

    # -- moves

    def _counted(self, request: Request) -> None:
        """One more move by whoever asks: a stranger uses up nobody else's. Raises TooMuch."""
        self.moves.take(f"{self.desk.actor}/{request.path_params['id']}")

    async def answer(self, request: Request) -> Response:
        self._counted(request)
        walk = await self.desk.walk(request.path_params["id"])
        if walk.state.request is not None:
            raise Refused(_BUSY)
        return await super().answer(request)

    async def back(self, request: Request) -> Response:
        self._counted(request)
        return await super().back(request)

    async def anytime(self, request: Request) -> Response:
        self._counted(request)
        return await super().anytime(request)

    async def language(self, request: Request) -> Response:
        self._counted(request)
        return await super().language(request)

    async def tried(self, request: Request) -> Response:
        """On from something to try, without trying it once more: the record says so."""
        self._counted(request)
        form = await Typed.of(request)

        def make(tree: Tree, walk: Walk, at: datetime, ref: str) -> Walk:
            if walk.state.status != "asking" or not is_attempt(tree, walk.state):
                raise Refused("this step is nothing to try")
            by, node = self.desk.actor, walk.state.frames[-1].node
            words = translator(walk.state.language)(TRIED)
            walk = walks.record(tree, walk, Noted(at=at, actor=by, text=words, node=node))
            return walks.answer(tree, walk, None, at=at, by=by, client_id=form.client_id)

        return await self._beside(request, form, make, "tried")

    async def person(self, request: Request) -> Response:
        """A code, where the tree itself leads to nobody."""
        self._counted(request)
        form = await Typed.of(request)
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        if form.node and form.node == walk.state.frames[-1].node and form.has("answer"):
            self.desk.drafts.keep(walk, Draft(form.answer(walks.expects(tree, walk))))
        try:
            await self.codes.give(walk.id)
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"{BASE}/{walk.id}")
        return redirect(f"{BASE}/{walk.id}/code")

    async def code(self, request: Request) -> Response:
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        given = await self.codes.of(walk.id)
        common = self._common(
            tree, walk, self.desk.drafts.of(walk), await self.records.whole(tree, walk)
        )
        shown = CodePage(
            given=given, until=None if given is None else _here(tree, given.until),
            taken=given is not None and given.taken, **common,
        )  # fmt: skip
        return page("help/code.html", shown)

    async def survey(self, request: Request) -> Response:
        """What somebody thinks of it: said once, and changed once."""
        self._counted(request)
        form = await Typed.of(request)
        id, rating = request.path_params["id"], form.word("rating")
        walk = await self.desk.walk(id)
        outcome = walk.state.outcome
        asked = "" if outcome is None else outcome.survey
        if not asked:
            return redirect(f"{BASE}/{id}")
        wrong = _survey_wrong(asked, form)
        if wrong:
            return await self._shown(walk, wrong=wrong, status=422)
        if len(rated(await self.desk.events(id))) > 1:
            return redirect(f"{BASE}/{id}/{walk.seq}")
        said = Surveyed(
            at=self.desk.clock(), actor=self.desk.actor, client_id=form.client_id, survey=asked,
            rating=int(rating), comment=form.word("comment").strip(),
        )  # fmt: skip
        body = digest([asked, rating, said.comment])
        try:
            walk = await self.desk.move(id, noted(said), seq=walk.seq, client_id=form.client_id, body=body)  # fmt: skip
        except (Conflict, InvalidAnswer, Refused):
            walk = await self.desk.walk(id)
        except StoreError as failed:
            return unconfirmed(request, form, failed, f"{BASE}/{id}")
        return redirect(f"{BASE}/{id}/{walk.seq}")

    async def steps(self, request: Request) -> Response:
        """A copy to keep."""
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        words = transcript(tree, walk, said=lines.without_results(walk, lines.said(tree, walk)))
        headers = {
            "cache-control": "no-store",
            "content-disposition": 'attachment; filename="steps.txt"',
        }
        return PlainTextResponse(words, headers=headers)


def _survey_wrong(asked: str, form: Typed) -> dict[str, str]:
    found = {}
    if form.word("rating") not in {str(n) for n in SCALES[asked]}:
        found["rating"] = "Choose one of the answers"
    if len(form.word("comment")) > MOST_COMMENT:
        found["comment"] = f"at most {MOST_COMMENT:,} characters"
    return found


def _step(tree: Tree, walk: Walk, draft: Draft, common: Mapping[str, Any]) -> HelpStep:
    step = step_of(tree, walk, draft, False, common)
    return HelpStep(
        **_all(step), more=remaining(tree, walk.state, walk.about.audience),
        tried=is_attempt(tree, walk.state), person=_to_person(tree, walk, step.prompt),
    )  # fmt: skip


def _all(shown: Any) -> dict[str, Any]:
    return {name: getattr(shown, name) for name in shown.__struct_fields__}


def _promised(found: Sequence[Promised]) -> list[Promised]:
    """What a customer is told of follow-ups: when and by whom, once. Why is said to those who do
    them, and one may be a chore of theirs that he hears nothing of."""
    told = [replace(one, why="", due="" if one.due == ERASED else one.due) for one in found]
    return [one for one in dict.fromkeys(told) if one.due or one.by]


def _to_person(tree: Tree, walk: Walk, prompt: Prompt) -> Person:
    """The exit of the tree that leads to a team, the first that is offered here; none, where a code
    is the way."""
    for way in prompt.anytime:
        if to_team(tree, walk.state, way.id):
            return Person(way.id, way.label)
    return Person()


def _here(tree: Tree, at: datetime) -> datetime:
    return at.astimezone(zone(tree.calendar.timezone))


def _comes_back(desk: Desk, walk: Walk) -> str:
    """Until when this browser leads back: as long as it is known, and the walk is kept."""
    ages = desk.retention.trees.get(walk.tree, desk.retention.ages)
    lasts = min(cookies.KNOWN_FOR, ages.walks or timedelta.max)
    tree = desk.trees.get(walk.tree)
    until = (walk.about.started + lasts).astimezone(
        zone(tree.calendar.timezone if tree else "UTC")
    )
    return speak(until.date(), Type("date"), walk.state.language, "")
