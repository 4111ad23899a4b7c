"""What a project contains besides endpoints and models: datasets, evaluations and transcriptions.

The simulator has no operations to create them; the start world contains some, so that the lists are not empty.
"""

from __future__ import annotations

from msgspec import Struct

from .entities import Work


class Dataset(Struct, kw_only=True):
    """`seconds` of audio for the kinds that have audio; `lines` that were accepted."""

    id: str
    name: str
    locale: str
    kind: str
    created: float
    work: Work
    lines: int
    rejected: int = 0
    seconds: float | None = None
    description: str | None = None
    project: str | None = None


class Evaluation(Struct, kw_only=True):
    """Two models on one dataset; `errors` are the substitutions, deletions and insertions of each model."""

    id: str
    name: str
    locale: str
    created: float
    work: Work
    models: tuple[str, str]
    dataset: str
    sentences: int
    words: int
    errors: tuple[tuple[int, int, int], tuple[int, int, int]]
    wrong_sentences: tuple[int, int]
    description: str | None = None
    project: str | None = None


class Transcription(Struct, kw_only=True):
    id: str
    name: str
    locale: str
    created: float
    work: Work
    model: str
    dataset: str
    seconds: float
    description: str | None = None
    project: str | None = None


ProjectItem = Dataset | Evaluation | Transcription
