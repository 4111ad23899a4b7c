"""What a project holds besides endpoints and models: data sets, evaluations, transcriptions.

Nobody can make them here; they are there from the start so that the lists of a project have content.
"""

from __future__ import annotations

from msgspec import Struct

from .entities import Work


class Dataset(Struct, kw_only=True):
    """`seconds` of audio for the kinds that have any; `lines` accepted."""

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
    """Two models heard the same data set; `errors` are substitutions, deletions and insertions of each."""

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


Study = Dataset | Evaluation | Transcription
