"""What the witnesses of a probe say about which model answers. Pure: no row, no clock, no service."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from endpoints.models.probe import Verdict


@dataclass(frozen=True)
class Witnesses:
    """What is known after one run of a probe.

    `endpoint`, `base`: what was heard with the endpoint's id and without it. `known_endpoint`, `known_base`: what was
    heard when the two differed for the last time. `same_model`: the endpoint has the model of that time. `expired`: its
    model's time has ended. `logged`: whether the entry of the probe was found in the endpoint's logs; None: not known.
    """

    endpoint: str
    base: str
    known_endpoint: str = ""
    known_base: str = ""
    same_model: bool = True
    expired: bool = False
    logged: bool | None = None


def verdict(witnesses: Witnesses) -> Verdict:
    """Custom, base, or that the recording can't tell; an entry that is missing in the logs goes before the latter two.

    The endpoint that hears what the base model hears is answered by the base model, unless that has learned the words,
    or another custom model may hear them like the base model.
    """
    by_text = _by_text(witnesses)
    return Verdict.NOT_LOGGED if witnesses.logged is False and by_text != Verdict.BASE else by_text


def _by_text(witnesses: Witnesses) -> Verdict:
    if not words(witnesses.endpoint):
        return Verdict.CANNOT_TELL  # a model that hears nothing may be either
    if differ(witnesses.endpoint, witnesses.base):
        return Verdict.CUSTOM
    known = witnesses.same_model and witnesses.known_endpoint
    if witnesses.expired or (known and differ(witnesses.endpoint, witnesses.known_endpoint)):
        return Verdict.BASE
    return Verdict.CANNOT_TELL


def differ(one: str, other: str) -> bool:
    """Whether two texts differ in their words: not only in case, punctuation marks, or spaces."""
    return words(one) != words(other)


def words(text: str) -> str:
    """The words of a text, as they are compared: folded, without punctuation marks, with one space between them."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded if c not in "'’")
    return " ".join(kept.split())
