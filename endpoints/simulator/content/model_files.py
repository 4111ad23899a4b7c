"""The files of a model: those in its manifest, which a Speech container loads, and those of Models_ListFiles."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from functools import lru_cache

import msgspec
from msgspec import Struct

from ..iso8601 import iso
from ..world.entities import Model, Status
from ..world.world import World
from .transfers import FileRange

CONTAINER = "customspeech-models"  # the name in a resource with its own storage
MANIFEST_FILES = (("acoustic.bin", 96_000), ("language.bin", 48_000))  # files in a manifest and their bytes


class ModelFile(Struct, frozen=True, kw_only=True):
    """`kind`: contract, FileKind; None for the files in a manifest."""

    id: str
    name: str
    kind: str | None
    media: str
    created: float
    content: bytes

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def etag(self) -> str:
        return f'"0x{hashlib.blake2b(self.content, digest_size=8).hexdigest().upper()}"'

    def part(self, start: int, stop: int) -> bytes:
        return self.content[start:stop]

    def file_ranges(self, start: int, stop: int) -> Iterator[bytes | FileRange]:
        yield self.content[start:stop]


def path_of(model: Model, file: ModelFile) -> str:
    return f"/{CONTAINER}/{model.id}/{file.name}"


def manifest_properties(model: Model) -> dict[str, object]:
    """Contract: ModelManifest.properties, whose names are not defined there."""
    return {"locale": model.locale, "name": model.name, "kind": "Base" if model.base else "Custom", "version": 1}


def files(world: World, model: Model) -> list[ModelFile]:
    """Models_ListFiles: the report of a completed training, and its text; base models have no files."""
    status, entered = model.work.at(world.now())
    if model.base or not status.terminal:
        return []
    report: dict[str, object] = {
        "model": model.id,
        "displayName": model.name,
        "locale": model.locale,
        "status": status.value,
        "completedDateTime": iso(entered),
        "datasets": [_trained_with(world, dataset_id) for dataset_id in model.datasets],
        "textLines": len(model.text.splitlines()) if model.text else 0,
    }
    found = [_file(model, "report.json", "ModelReport", "application/json", entered, msgspec.json.encode(report))]
    if model.text:
        content = model.text.encode("utf-8", "surrogatepass")
        found.append(_file(model, "text.txt", "LanguageData", "text/plain; charset=utf-8", entered, content))
    return found


def manifest_files(world: World, model: Model) -> list[ModelFile]:
    """The files in the manifest; none before the training has succeeded."""
    status, entered = model.work.at(world.now())
    if status is not Status.SUCCEEDED:
        return []
    media = "application/octet-stream"
    found = [
        _file(model, name, None, media, entered, _random_bytes(f"{model.id}/{name}", size))
        for name, size in MANIFEST_FILES
    ]
    content = msgspec.json.encode(manifest_properties(model))
    return [*found, _file(model, "config.json", None, "application/json", entered, content)]


def find(world: World, model_id: str, name: str) -> ModelFile | None:
    model = world.model(model_id)
    candidates = [*files(world, model), *manifest_files(world, model)] if model else []
    return next((file for file in candidates if file.name == name), None)


def _file(model: Model, name: str, kind: str | None, media: str, created: float, content: bytes) -> ModelFile:
    file_id = str(uuid.uuid5(uuid.UUID(model.id), name))
    return ModelFile(id=file_id, name=name, kind=kind, media=media, created=created, content=content)


def _trained_with(world: World, dataset_id: str) -> dict[str, object]:
    dataset = world.datasets.get(dataset_id)
    if dataset is None:
        return {"id": dataset_id}
    return {"id": dataset_id, "kind": dataset.kind, "accepted": dataset.lines, "rejected": dataset.rejected}


@lru_cache(maxsize=32)
def _random_bytes(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)
