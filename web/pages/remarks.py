"""This step is wrong: an agent says so on the step, the tree's author answers in a list, and the
agent reads what became of it in his own.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine import walk as walks
from engine.errors import Changed, InvalidAnswer, StoreError
from engine.kit.scope import zone
from engine.model import Noun, Tree, Walk
from web.desk import Desk
from web.drafts import Draft
from web.pages import wording
from web.pages.forms import Typed
from web.pages.looks import page, redirect, unconfirmed
from web.pages.markdown import plain
from web.remarks import MOST, STATES, Remark, Remarks
from web.signin.people import Reach, asking
from web.signin.rights import reach
from web.words import marked

_PAGE: Final = 50
_WALK: Final = "GET /walks/{id}"
SENT: Final = marked("Your remark was sent. What becomes of it stands under “Remarks”.")
_FIRST: Final = marked("Somebody has answered this meanwhile. What you wrote is below.")
_NAMES: Final = {
    "open": marked("open"), "changed": marked("the tree was changed"),
    "answered": marked("answered"), "declined": marked("declined"),
}  # fmt: skip


class Shown(Noun, frozen=True, kw_only=True):
    """A remark as it is listed. ``newer``: the tree has another version by now."""

    remark: Remark
    title: str
    step: str
    language: str  # of the title
    at: Any  # in the library's time
    replied_at: Any
    newer: bool
    walk: bool  # whether its walk may be read
    news: bool = False  # answered since its writer looked


class RemarksPage(Noun, frozen=True, kw_only=True):
    """Remarks, the latest first. Shown by ``remarks.html``. ``mine``: those of whoever reads them;
    else the authors' list."""

    mine: bool
    rows: list[Shown]
    more: str  # the id of the last one, where there are more
    state: str = ""
    tree: str = ""
    states: tuple[tuple[str, str], ...] = tuple(_NAMES.items())
    notice: str = ""
    wrong: str = ""  # of the one that was answered
    id: str = ""  # which that is
    typed: str = ""
    chosen: str = ""

    def name(self, state: str) -> str:
        return _NAMES[state]


def remarks(desk: Desk) -> list[Route]:
    here = _Remarks(desk)
    return [
        Route("/walks/{id}/remark", here.add, methods=["POST"]),
        Route("/remarks", here.mine),
        Route("/studio/remarks", here.all),
        Route("/studio/remarks/{id}", here.reply, methods=["POST"]),
    ]


class _Remarks:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.kept = Remarks(desk.store.shelf, desk.clock)

    async def add(self, request: Request) -> Response:
        form = await Typed.of(request)
        walk = await self.desk.walk(request.path_params["id"])
        tree = await self.desk.tree_of(walk)
        here = f"/walks/{walk.id}/{walk.seq}"
        self._draft(tree, walk, form)
        words = form.word("remark").strip()
        if not words:
            return redirect(here)
        try:
            await add(self.desk, walk, words, form.seq, form.client_id)
        except StoreError as failed:
            return unconfirmed(request, form, failed, here)
        return redirect(f"{here}?remarked")

    def _draft(self, tree: Tree, walk: Walk, form: Typed) -> None:
        """What was typed as an answer, and as a note, stays where it was."""
        said: Any = None
        if form.node and form.node == walk.state.frames[-1].node:
            said = form.answer(walks.expects(tree, walk))
            said = {"done": form.ticks()} if said is None and form.ticks() else said
        if said or form.note:
            self.desk.drafts.keep(walk, Draft(said, form.note))

    async def mine(self, request: Request) -> Response:
        person = self.desk.actor
        before = request.query_params.get("before", "")[:60]
        found = await self.kept.listed(by=person, before=before, limit=_PAGE + 1)
        news = frozenset(await self.kept.news(person, 200))
        shown = self._page(found, mine=True, news=news)
        if news:
            await self.kept.seen(person)
        return page("remarks.html", shown)

    async def all(self, request: Request) -> Response:
        return await self._listed(request)

    async def _listed(self, request: Request, status: int = 200, **more: Any) -> Response:
        asked = request.query_params
        state = asked.get("state", "open") if asked.get("state", "open") in (*STATES, "") else ""
        tree = asked.get("tree", "")[:200]
        found = await self.kept.listed(
            state=state, tree=tree, before=asked.get("before", "")[:60], limit=_PAGE + 1
        )
        if more.get("id") and more["id"] not in [one.id for one in found]:
            found = [await self.kept.get(more["id"]), *found]
        shown = self._page(found, mine=False, state=state, tree=tree, **more)
        return page("remarks.html", shown, status)

    async def reply(self, request: Request) -> Response:
        form = await Typed.of(request)
        id, said = request.path_params["id"], form.word("reply").strip()
        version = form.word("version")
        after = int(version) if version.isdecimal() and len(version) < 10 else 0
        typed = {"id": id, "typed": said, "chosen": form.word("state")}
        try:
            await self.kept.reply(id, form.word("state"), said, self.desk.actor, after)
        except InvalidAnswer as wrong:
            return await self._listed(request, 422, wrong=wrong.fields[0][1], **typed)
        except Changed:
            now = await self.kept.get(id)
            if (now.state, now.reply) != (form.word("state"), said):  # else it was pressed twice
                return await self._listed(request, 409, notice=_FIRST, **typed)
        except StoreError as failed:
            return unconfirmed(request, form, failed, "/studio/remarks")
        return redirect("/studio/remarks")

    def _page(
        self, found: list[Remark], *, news: frozenset[str] = frozenset(), **more: Any
    ) -> RemarksPage:
        rows = [self._row(remark, remark.id in news) for remark in found[:_PAGE]]
        last = found[_PAGE - 1].id if len(found) > _PAGE else ""
        return RemarksPage(rows=rows, more=last, **more)

    def _row(self, remark: Remark, news: bool) -> Shown:
        tree = self.desk.library.trees.get(remark.tree)
        where = zone(tree.calendar.timezone if tree else "UTC")
        title = wording.worded(tree, remark.language, tree.title) if tree else remark.tree
        newer = tree is None or (tree.logic, tree.text) != (remark.logic, remark.text)
        replied = remark.replied_at
        return Shown(
            remark=remark, title=title, step=wording.spaced(remark.node),
            language=wording.tongue_of(tree, remark.language) if tree else "en",
            at=remark.at.astimezone(where), newer=newer, news=news,
            walk=remark.by == self.desk.actor or reach(_WALK, asking().person.roles) is Reach.ALL,
            replied_at=replied.astimezone(where) if replied else None,
        )  # fmt: skip


async def add(desk: Desk, walk: Walk, words: str, seq: int, client_id: str = "") -> Remark:
    """A remark on the step that was seen at event ``seq`` of a walk. Raises InvalidAnswer."""
    if 0 < seq < walk.seq:
        walk = await desk.as_of(walk.id, seq)
    tree = await desk.tree_of(walk)
    frame, person = walk.state.frames[-1], asking().person
    owner = tree if frame.tree == tree.id else tree.uses[frame.tree]
    return await Remarks(desk.store.shelf, desk.clock).add(
        client_id, tree=owner.id, node=frame.node, logic=owner.logic, text=owner.text,
        owner=owner.owner, walk=walk.id, seq=walk.seq, language=walk.state.language,
        words=_words(tree, owner, walk)[:MOST], remark=words, by=person.id, name=person.name,
    )  # fmt: skip


def _words(tree: Tree, owner: Tree, walk: Walk) -> str:
    """What stood there; where the tree has personal values, as it is written."""
    node = owner.nodes[walk.state.frames[-1].node]
    if not tree.private and not owner.private:
        shown = walks.prompt(tree, walk) or walks.task(tree, walk)
        return plain(shown.say if shown is not None else walks.ending(tree, walk))
    text = getattr(node, "say", None)
    if text is None:
        return ""
    return plain(owner.translations.get(walk.state.language, {}).get(text.address, text).source)


__all__ = ["MOST", "SENT", "Remark", "add", "remarks"]
