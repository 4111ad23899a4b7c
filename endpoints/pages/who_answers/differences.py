"""Two recognized texts side by side: the words that only one of them has."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from endpoints.watch.verdicts import words


@dataclass(frozen=True)
class Piece:
    """Some words of a text, as they were written; `alone`: the other text doesn't have them here."""

    text: str
    alone: bool


def compared(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """The pieces of each. Case and punctuation marks are no difference, as for the verdict."""
    ours, theirs = one.split(), other.split()
    folded = [words(word) for word in ours], [words(word) for word in theirs]
    steps = SequenceMatcher(None, *folded, autojunk=False).get_opcodes()
    left = [Piece(" ".join(ours[a:b]), step != "equal") for step, a, b, _c, _d in steps if b > a]
    right = [Piece(" ".join(theirs[c:d]), step != "equal") for step, _a, _b, c, d in steps if d > c]
    return left, right
