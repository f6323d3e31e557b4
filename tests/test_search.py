"""Finding a tree by what the caller said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.model import Tree
from tests.kinds import kinds
from tests.served import examined, served
from web.pages.search import Index, distance, words

# A library that stays as it is while the shipped one grows.
_SOME = {
    "internet_down",
    "identify_caller",
    "calm_caller",
    "refund",
    "recover_password",
    "pull_up_account",
}
TREES: list[Tree] = [t for t in examined().libraries[0].trees.values() if t.id in _SOME]
INDEX = Index(TREES)


@pytest.mark.parametrize(
    ("said", "tree"),
    [
        ("no light on router", "internet_down"),
        ("intrenet is donw", "internet_down"),
        ("the Internet's down!", "internet_down"),
        ("internet", "internet_down"),
        ("inter", "internet_down"),  # still typing
        ("clignotant", "internet_down"),  # in its other language
        ("amber lights", "internet_down"),
    ],
)
def test_a_tree_is_found_by_what_was_said(said: str, tree: str) -> None:
    assert INDEX.find(said)[0].tree == tree


def test_what_was_found_is_quoted() -> None:
    hit = INDEX.find("colour of the light")[0]
    assert (hit.tree, "colour" in hit.passage) == ("internet_down", True)


def test_a_quoted_text_has_no_empty_places() -> None:
    (hit, *_) = [hit for hit in INDEX.find("am I speaking with") if hit.passage]
    assert hit.passage == "Am I speaking with …?"


@pytest.mark.parametrize("said", ["", "   ", "?!", "xyzzyquux", "{}", "_"])
def test_nothing_is_found_where_nothing_is_said(said: str) -> None:
    assert INDEX.find(said) == []


@given(st.text(max_size=300))
def test_any_query_has_an_answer_and_always_the_same(query: str) -> None:
    found = INDEX.find(query)
    assert found == INDEX.find(query)
    assert len({hit.tree for hit in found}) == len(found)


_LONG = sorted({w for tree in TREES for w in words(tree.title.source) if len(w) >= 5})


@given(st.sampled_from(_LONG), st.data())
def test_one_slip_of_the_finger_is_forgiven(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 2))
    sign = data.draw(st.sampled_from("aeiouxq"))
    slipped = data.draw(
        st.sampled_from(
            [
                word[:at] + word[at + 1 :],
                word[:at] + sign + word[at:],
                word[:at] + sign + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            ]
        )
    )
    before = {hit.tree for hit in INDEX.find(word)}
    wanted = {tree.id for tree in TREES if word in words(tree.title.source)}
    assert wanted <= before
    other = slipped in {w for tree in TREES for w in _every(tree)}  # it is a word of its own
    assert other or wanted <= {hit.tree for hit in INDEX.find(slipped)}


def _every(tree: Tree) -> set[str]:
    from engine.parts import texts

    sides = [text for side in tree.translations.values() for text in side.values()]
    return {w for text in [*texts(tree), *sides] for w in words(text.source)}


def _slow(a: str, b: str) -> int:
    """Optimal string alignment as it is defined, one case a line."""
    if not a or not b:
        return len(a) + len(b)
    found = [_slow(a[1:], b) + 1, _slow(a, b[1:]) + 1, _slow(a[1:], b[1:]) + (a[0] != b[0])]
    if len(a) > 1 and len(b) > 1 and a[0] == b[1] and a[1] == b[0]:
        found.append(_slow(a[2:], b[2:]) + 1)
    return min(found)


_SHORT = st.text("abc", max_size=5)


@given(_SHORT, _SHORT, st.integers(0, 3))
def test_distance_is_what_it_is_defined_to_be(a: str, b: str, most: int) -> None:
    assert distance(a, b, most) == min(_slow(a, b), most + 1)
    assert distance(a, b, most) == distance(b, a, most)


def test_an_index_of_nothing_finds_nothing() -> None:
    assert Index(()).find("router") == []


def test_the_library_shows_what_was_found_and_why() -> None:
    with served(kinds()) as here:
        page = here.client.get("/?q=smal+letters+donw").text
        assert "A step of every kind" not in page
        page = here.client.get("/?q=word+for+wrod").text
        assert "A step of every kind" in page
        assert "I must read this to you word for word." in page
        assert "Try fewer words" in here.client.get("/?q=xyzzyquux").text
