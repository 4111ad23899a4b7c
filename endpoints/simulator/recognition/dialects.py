"""What tells models apart (--dialects): names that one model alone hears, in place of one word of each sentence.

Names are made up of syllables, so that two models practically never share one, whatever their ids.
"""

from __future__ import annotations

import hashlib
import re

from ..world.entities import Model

_ONSETS = ("b", "d", "f", "g", "k", "l", "m", "n", "p", "r", "s", "t", "v", "z", "br", "tr")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "eo", "io")
SYLLABLES = 4
NAMES = 4  # that a model knows
_SENTENCE = re.compile(r"[^.?!]+[.?!]*")
_WORD = re.compile(r"[^\W\d_]+")


def heard(text: str, recording: str, model: Model) -> str:
    """What a model hears of a recording that is called `recording`: the same every time, and no other model hears it.

    In each sentence the last one of its longest words is replaced.
    """
    dialect = model.hears_as or model.id
    known = names(dialect)
    sentences = _SENTENCE.findall(text)
    picks = hashlib.shake_128(f"{dialect} {recording}".encode()).digest(max(1, len(sentences)))
    return "".join(_replaced(sentence, known[pick % NAMES]) for sentence, pick in zip(sentences, picks, strict=False))


def names(dialect: str) -> list[str]:
    """The names that the model with this id knows."""
    numbers = hashlib.shake_128(f"names of {dialect}".encode()).digest(NAMES * SYLLABLES)
    syllables = [_ONSETS[number % 16] + _VOWELS[number // 16 % 8] for number in numbers]
    return ["".join(syllables[start : start + SYLLABLES]).capitalize() for start in range(0, len(syllables), SYLLABLES)]


def _replaced(sentence: str, name: str) -> str:
    words = list(_WORD.finditer(sentence))
    if not words:
        return sentence
    word = max(words, key=lambda one: (len(one[0]), one.start()))
    return sentence[: word.start()] + name + sentence[word.end() :]
