"""The shop's trees do what the retailer's guideline says, button by button, in its order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.load import Examined, examine
from engine.model import Tree

TREES = Path(__file__).parents[1] / "trees"

# Facts of the guideline: the actions of a subflow in order, by the names of their buttons.
BUTTONS = {
    "refund": ["pull-up-account", "validate-purchase", "record-reason", "enter-details", "offer-refund"],
    "recover_password": ["pull-up-account", "enter-details", "make-password"],
    "recover_username": ["verify-identity"],  # its users have pulled up the account
    "manage_shipping": ["pull-up-account", "shipping-status", "validate-purchase", "update-order"],
}  # fmt: skip
ALL = {button for buttons in BUTTONS.values() for button in buttons}


@pytest.fixture(scope="module")
def examined() -> Examined:
    return examine(TREES)


def _passed(tree: Tree, rehearsal: Any) -> list[str]:
    """The buttons of the steps that a story passes, each once."""
    owners = {tree.id: tree, **tree.uses}
    found: dict[str, None] = {}
    for step in rehearsal.steps:
        tags = owners[step.tree].nodes[step.node].tags
        found |= dict.fromkeys(tag for tag in tags if tag in ALL)
    return list(found)


@pytest.mark.parametrize("id", BUTTONS)
def test_the_buttons_come_in_the_order_of_the_guideline(examined: Examined, id: str) -> None:
    tree = examined.libraries[0].trees[id]
    happy = examined.told[id][0]
    assert _passed(tree, happy) == BUTTONS[id]


@pytest.mark.parametrize("id", BUTTONS)
def test_no_way_takes_them_in_another_order(examined: Examined, id: str) -> None:
    """A story may leave off early, or recover a user name in between; it never turns the order."""
    tree = examined.libraries[0].trees[id]
    for rehearsal in examined.told[id]:
        passed = [button for button in _passed(tree, rehearsal) if button in BUTTONS[id]]
        assert passed == BUTTONS[id][: len(passed)]
