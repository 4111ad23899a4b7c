"""Datasets, evaluations and transcriptions as JSON of one API version."""

from __future__ import annotations

from functools import singledispatch

from ..world.entities import Status
from ..world.project_items import Dataset, Evaluation, ProjectItem, Transcription
from .serializer import Json, Serializer

DATASET_ERROR = {"code": "InvalidData", "message": "The data of the dataset could not be read."}


@singledispatch
def project_item_json(entity: ProjectItem, serializer: Serializer) -> Json:
    raise TypeError(f"{entity!r} has no shape")


@project_item_json.register
def dataset(entity: Dataset, serializer: Serializer) -> Json:
    """Contract: Dataset."""
    path = ("datasets", entity.id)
    properties: Json = {"textNormalizationKind": "Default", "rejectedLineCount": entity.rejected}
    if entity.work.at(serializer.now)[0] is Status.FAILED:
        properties["error"] = DATASET_ERROR
    else:
        properties["acceptedLineCount"] = entity.lines
        if entity.seconds is not None:
            properties |= serializer.duration(entity.seconds)
    blocks = {
        "commitBlocks": serializer.address(*path, "blocks:commit"),
        "listBlocks": serializer.address(*path, "blocks"),
        "uploadBlocks": serializer.address(*path, "blocks"),
    }
    links = {"files": serializer.address(*path, "files")} | blocks
    shape = {"kind": entity.kind, "links": links, "properties": properties}
    return serializer.common(entity, *path) | shape | serializer.project_property(entity.project)


@project_item_json.register
def evaluation(entity: Evaluation, serializer: Serializer) -> Json:
    """Contract: Evaluation. Rates are fractions: errors divided by the words of the reference."""
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
        "model1": serializer.reference(*serializer.model_path(first)),
        "model2": serializer.reference(*serializer.model_path(second)),
        "dataset": serializer.reference("datasets", entity.dataset),
        "links": {"files": serializer.address(*path, "files")},
        "properties": properties,
    }
    return serializer.common(entity, *path) | shape | serializer.project_property(entity.project)


@project_item_json.register
def transcription(entity: Transcription, serializer: Serializer) -> Json:
    """Contract: Transcription. It is not deleted automatically, so it has no timeToLive."""
    path = ("transcriptions", entity.id)
    properties: Json = {
        "wordLevelTimestampsEnabled": False,
        "displayFormWordLevelTimestampsEnabled": False,
        "channels": [0],
        "punctuationMode": "DictatedAndAutomatic",
        "profanityFilterMode": "Masked",
    }
    shape = {
        "model": serializer.reference(*serializer.model_path(entity.model)),
        "dataset": serializer.reference("datasets", entity.dataset),
        "links": {"files": serializer.address(*path, "files")},
        "properties": properties | serializer.duration(entity.seconds),
    }
    return serializer.common(entity, *path) | shape | serializer.project_property(entity.project)
