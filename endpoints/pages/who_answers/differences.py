"""Two recognized texts side by side: the words that only one of them has."""

from collections.abc import Set
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel

from endpoints.watch.verdicts import words


@dataclass(frozen=True)
class Piece:
    """Some words of a text, as they were written; `alone`: the other text doesn't have them here."""

    text: str
    alone: bool


def compared(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """The pieces of each, with as few words alone as possible. Case and punctuation marks are no difference."""
    ours, theirs = one.split(), other.split()
    steps = Indel.opcodes([words(word) for word in ours], [words(word) for word in theirs])
    equal = [step for step in steps if step.tag == "equal"]
    left = {place for step in equal for place in range(step.src_start, step.src_end)}
    right = {place for step in equal for place in range(step.dest_start, step.dest_end)}
    return _pieces(ours, left), _pieces(theirs, right)


def _pieces(text: list[str], common: Set[int]) -> list[Piece]:
    runs = groupby(range(len(text)), lambda place: place not in common)
    return [Piece(" ".join(text[place] for place in run), alone) for alone, run in runs]
