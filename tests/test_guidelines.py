"""The shop's trees do what the retailer's guideline says, button by button, in its order.

What the guideline says is kept as facts in ``tests/guideline.yaml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.formats.yaml import read
from engine.load import Examined
from engine.model import Tree
from tests.served import examined

DIGEST = Path(__file__).parent / "guideline.yaml"

# Subflows of the guideline without a tree. The list may only shrink.
NOT_DONE: frozenset[str] = frozenset()

# Where the guideline's list of needed actions calls a button otherwise, its step has both names.
ALSO_CALLED = {
    "membership-privileges": "membership",
    "notify-internal-team": "notify-team",
    "select-answer": "select-faq",
    **{name: f"search-{name}" for name in ("boots", "shirt", "jeans", "jacket")},
    **{name: f"search-{name}" for name in ("pricing", "timing", "policy")},
}


class Subflow(NamedTuple):
    """``skips``: the buttons that some route of the guideline does without."""

    id: str
    tree: str
    when: dict[str, str]
    buttons: list[str]
    skips: list[str]
    any_order: bool


def _digest() -> list[Subflow]:
    flows: dict[str, Any] = read(DIGEST.read_bytes(), DIGEST.name).data
    return [
        Subflow(
            id=f"{flow}.{name}",
            tree=facts["tree"],
            when=facts.get("when") or {},
            buttons=facts["buttons"],
            skips=facts.get("skips") or [],
            any_order=bool(facts.get("any_order")),
        )
        for flow, subflows in flows.items()
        for name, facts in subflows.items()
    ]


SUBFLOWS = _digest()
DONE = [subflow for subflow in SUBFLOWS if subflow.id not in NOT_DONE]
ALL = {button for subflow in SUBFLOWS for button in subflow.buttons}
subflows = pytest.mark.parametrize("subflow", DONE, ids=[subflow.id for subflow in DONE])


def _passed(tree: Tree, rehearsal: Any) -> list[str]:
    """The buttons of the steps that a story passes, each once."""
    owners = {tree.id: tree, **tree.uses}
    found: dict[str, None] = {}
    for step in rehearsal.steps:
        tags = owners[step.tree].nodes[step.node].tags
        found |= dict.fromkeys(tag for tag in tags if tag in ALL)
    return list(found)


def _told(subflow: Subflow) -> list[tuple[str, list[str]]]:
    """Each story of the subflow: its name, and its buttons that the story presses."""
    every: Examined = examined()
    library = every.libraries[0]
    tree = library.trees[subflow.tree]
    stories = library.stories[subflow.tree].data
    return [
        (told.name, [button for button in _passed(tree, told) if button in subflow.buttons])
        for story, told in zip(stories, every.told[subflow.tree], strict=True)
        if subflow.when.items() <= (story.get("answers") or {}).items()
    ]


def test_the_digest_is_whole() -> None:
    assert len(SUBFLOWS) == len({subflow.id for subflow in SUBFLOWS}) == 55


def test_what_is_not_done_yet_is_said() -> None:
    trees = examined().libraries[0].trees
    assert {subflow.id for subflow in SUBFLOWS if subflow.tree not in trees} == NOT_DONE


@subflows
def test_every_button_is_pressed(subflow: Subflow) -> None:
    pressed = {button for _, buttons in _told(subflow) for button in buttons}
    assert pressed == set(subflow.buttons)


@subflows
def test_no_story_presses_them_in_another_order(subflow: Subflow) -> None:
    """A story may leave off early; it never turns the order, and skips what may be skipped alone."""
    for name, pressed in _told(subflow):
        if subflow.any_order:
            continue
        assert pressed == sorted(pressed, key=subflow.buttons.index), name
        before = subflow.buttons[: subflow.buttons.index(pressed[-1])] if pressed else []
        assert set(before) - set(pressed) <= set(subflow.skips), name


@subflows
def test_a_step_has_both_names_of_its_button(subflow: Subflow) -> None:
    tree = examined().libraries[0].trees[subflow.tree]
    for one in (tree, *tree.uses.values()):
        for node in one.nodes.values():
            for tag in set(node.tags) & ALSO_CALLED.keys():
                assert ALSO_CALLED[tag] in node.tags, f"{one.id}.{node.id}"
