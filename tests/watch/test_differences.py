"""Which words only one of two recognized texts has, as the page of a probe and Try it mark them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.pages.who_answers.differences import compared

TEXTS = st.lists(st.sampled_from(["Zofaro", "zofaro,", "so", "far", "So.", "…", "Straße"]), max_size=12).map(" ".join)


def marked(pieces):
    return " ".join(f"[{piece.text}]" if piece.alone else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("one", "other", "left", "right"),
    [
        ("call Zofaro now", "call so far now", "call [Zofaro] now", "call [so far] now"),
        ("Hello, WORLD!", "hello world", "Hello, WORLD!", "hello world"),
        ("a b", "a b c", "a b", "a b [c]"),
        ("", "a b", "", "[a b]"),
        ("a b", "c d", "[a b]", "[c d]"),
        ("a so far now", "a Zofaro now please", "a [so far] now", "a [Zofaro] now [please]"),
        # The longest common run would leave five words alone on each side.
        ("a x b y c d e", "d e a b c", "a [x] b [y] c [d e]", "[d e] a b c"),
    ],
)
def test_the_words_that_one_text_alone_has_are_marked(one, other, left, right):
    assert [marked(pieces) for pieces in compared(one, other)] == [left, right]


@given(TEXTS, TEXTS)
def test_each_text_is_shown_whole_and_the_unmarked_words_are_the_same(one, other):
    sides = compared(one, other)
    assert [" ".join(piece.text for piece in pieces) for pieces in sides] == [one, other]
    assert all(a.alone != b.alone for pieces in sides for a, b in pairwise(pieces))
    common = [" ".join(piece.text for piece in pieces if not piece.alone) for pieces in sides]
    assert not any(piece.alone for pieces in compared(*common) for piece in pieces)
