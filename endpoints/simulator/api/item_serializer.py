"""Data sets, evaluations and transcriptions as JSON of one API version."""

from __future__ import annotations

from functools import singledispatch

from ..world.entities import Status
from ..world.project_items import Dataset, Evaluation, Study, Transcription
from .serializer import Json, Wire

DATASET_ERROR = {"code": "InvalidData", "message": "The data of the dataset could not be read."}


@singledispatch
def study(entity: Study, wire: Wire) -> Json:
    raise TypeError(f"{entity!r} has no shape")


@study.register
def dataset(entity: Dataset, wire: Wire) -> Json:
    """Dataset."""
    path = ("datasets", entity.id)
    properties: Json = {"textNormalizationKind": "Default", "rejectedLineCount": entity.rejected}
    if entity.work.at(wire.now)[0] is Status.FAILED:
        properties["error"] = DATASET_ERROR
    else:
        properties["acceptedLineCount"] = entity.lines
        if entity.seconds is not None:
            properties |= wire.length(entity.seconds)
    blocks = {
        "commitBlocks": wire.address(*path, "blocks:commit"),
        "listBlocks": wire.address(*path, "blocks"),
        "uploadBlocks": wire.address(*path, "blocks"),
    }
    links = {"files": wire.address(*path, "files")} | blocks
    shape = {"kind": entity.kind, "links": links, "properties": properties}
    return wire.worked(entity, *path) | shape | wire.belonging(entity.project)


@study.register
def evaluation(entity: Evaluation, wire: Wire) -> Json:
    """Evaluation. Rates are parts of one: errors for each word of the reference."""
    properties: Json = {}
    for number, (errors, wrong) in enumerate(zip(entity.errors, entity.wrong_sentences, strict=True), start=1):
        substitutions, deletions, insertions = errors
        rate = round(sum(errors) / entity.words, 4)
        properties |= {
            f"wordErrorRate{number}": rate,
            f"tokenErrorRate{number}": rate,
            f"sentenceErrorRate{number}": round(wrong / entity.sentences, 4),
            f"sentenceCount{number}": entity.sentences,
        }
        for unit in ("word", "token"):
            properties |= {
                f"{unit}Count{number}": entity.words,
                f"correct{unit.title()}Count{number}": entity.words - substitutions - deletions,
                f"{unit}SubstitutionCount{number}": substitutions,
                f"{unit}DeletionCount{number}": deletions,
                f"{unit}InsertionCount{number}": insertions,
            }
    path = ("evaluations", entity.id)
    first, second = entity.models
    shape = {
        "model1": wire.reference(*wire.model_path(first)),
        "model2": wire.reference(*wire.model_path(second)),
        "dataset": wire.reference("datasets", entity.dataset),
        "links": {"files": wire.address(*path, "files")},
        "properties": properties,
    }
    return wire.worked(entity, *path) | shape | wire.belonging(entity.project)


@study.register
def transcription(entity: Transcription, wire: Wire) -> Json:
    """Transcription; never deleted by itself, so it has no timeToLive."""
    path = ("transcriptions", entity.id)
    properties: Json = {
        "wordLevelTimestampsEnabled": False,
        "displayFormWordLevelTimestampsEnabled": False,
        "channels": [0],
        "punctuationMode": "DictatedAndAutomatic",
        "profanityFilterMode": "Masked",
    }
    shape = {
        "model": wire.reference(*wire.model_path(entity.model)),
        "dataset": wire.reference("datasets", entity.dataset),
        "links": {"files": wire.address(*path, "files")},
        "properties": properties | wire.length(entity.seconds),
    }
    return wire.worked(entity, *path) | shape | wire.belonging(entity.project)
