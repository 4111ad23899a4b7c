"""Which model answers, by what the witnesses say."""

import pytest

from endpoints.models.probe import Verdict
from endpoints.watch.verdicts import Witnesses, differ, verdict

CUSTOM, BASE = "Where is Zeobaifo?", "Where is the bus?"


def heard(endpoint, base, **more):
    return Witnesses(endpoint, base, **({"known_endpoint": CUSTOM, "known_base": BASE} | more))


TABLE = {
    "the texts differ": (heard(CUSTOM, BASE), Verdict.CUSTOM),
    "the texts differ with another model": (heard("Where is Tra?", BASE, same_model=False), Verdict.CUSTOM),
    "the texts differ though the model's time has ended": (heard(CUSTOM, BASE, expired=True), Verdict.CUSTOM),
    "both hear what the base model has always heard": (heard(BASE, BASE), Verdict.BASE),
    "both hear what a newer base model hears": (heard("Where is a bus?", "Where is a bus?"), Verdict.BASE),
    "the base model has learned the words": (heard(CUSTOM, CUSTOM), Verdict.CANNOT_TELL),
    "the base model has learned them, by other marks": (heard(CUSTOM, "where is zeobaifo"), Verdict.CANNOT_TELL),
    "another model hears like the base model": (heard(BASE, BASE, same_model=False), Verdict.CANNOT_TELL),
    "both hear the same, and the model's time has ended": (heard(CUSTOM, CUSTOM, expired=True), Verdict.BASE),
    "another model's time has ended": (heard(BASE, BASE, same_model=False, expired=True), Verdict.BASE),
    "both hear the same, and nothing was known": (heard(BASE, BASE, known_endpoint=""), Verdict.CANNOT_TELL),
    "the endpoint hears nothing": (heard("", BASE), Verdict.CANNOT_TELL),
    "neither hears anything": (heard("", ""), Verdict.CANNOT_TELL),
    "the base model hears nothing": (heard(CUSTOM, ""), Verdict.CUSTOM),
    "the entry is in the logs": (heard(CUSTOM, BASE, logged=True), Verdict.CUSTOM),
    "the entry is missing": (heard(CUSTOM, BASE, logged=False), Verdict.NOT_LOGGED),
    "the entry is missing, and the recording can't tell": (heard(CUSTOM, CUSTOM, logged=False), Verdict.NOT_LOGGED),
    "the entry is missing, because the base model answers": (heard(BASE, BASE, logged=False), Verdict.BASE),
}


@pytest.mark.parametrize("case", TABLE)
def test_the_witnesses_tell_who_answers(case):
    witnesses, expected = TABLE[case]
    assert verdict(witnesses) == expected


@pytest.mark.parametrize(
    ("one", "other", "different"),
    [
        ("Where is the bus?", "where is  the bus", False),
        ("It’s four o'clock.", "Its four o’clock", False),
        ("Straße", "STRASSE", False),
        ("Ｆｏｕｒ", "four", False),
        ("four seven", "47", True),
        ("Where is the bus?", "Where is a bus?", True),
        ("", "...", False),
        ("你好。", "你好", False),
        ("हिन्दी", "हिन्द", True),
    ],
)
def test_texts_differ_in_their_words_alone(one, other, different):
    assert differ(one, other) is different
    assert differ(other, one) is different
