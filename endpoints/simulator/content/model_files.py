"""The files of a model: what a container loads (manifest), and what people may read of a custom one (files)."""

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
from .transfers import Stretch

CONTAINER = "customspeech-models"  # service-facts 5
PARTS = (("acoustic.bin", 96_000), ("language.bin", 48_000))  # of a manifest, in bytes


class ModelFile(Struct, frozen=True, kw_only=True):
    """`kind` is FileKind; those that only a manifest names have none."""

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

    def stretches(self, start: int, stop: int) -> Iterator[bytes | Stretch]:
        yield self.content[start:stop]


def path_of(model: Model, file: ModelFile) -> str:
    return f"/{CONTAINER}/{model.id}/{file.name}"


def settings(model: Model) -> dict[str, object]:
    """ModelManifest.properties: what a container has to know; the contract leaves the names open."""
    return {"locale": model.locale, "name": model.name, "kind": "Base" if model.base else "Custom", "version": 1}


def files(world: World, model: Model) -> list[ModelFile]:
    """Models_ListFiles: the report of a training that has ended, and the text it was given; base models have none."""
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


def parts(world: World, model: Model) -> list[ModelFile]:
    """The files of the manifest; there are none before the training has succeeded."""
    status, entered = model.work.at(world.now())
    if status is not Status.SUCCEEDED:
        return []
    octets = "application/octet-stream"
    found = [_file(model, name, None, octets, entered, _octets(f"{model.id}/{name}", size)) for name, size in PARTS]
    content = msgspec.json.encode(settings(model))
    return [*found, _file(model, "config.json", None, "application/json", entered, content)]


def find(world: World, model_id: str, name: str) -> ModelFile | None:
    model = world.model(model_id)
    there = [*files(world, model), *parts(world, model)] if model else []
    return next((file for file in there if file.name == name), None)


def _file(model: Model, name: str, kind: str | None, media: str, created: float, content: bytes) -> ModelFile:
    file_id = str(uuid.uuid5(uuid.UUID(model.id), name))
    return ModelFile(id=file_id, name=name, kind=kind, media=media, created=created, content=content)


def _trained_with(world: World, dataset_id: str) -> dict[str, object]:
    dataset = world.datasets.get(dataset_id)
    if dataset is None:
        return {"id": dataset_id}
    return {"id": dataset_id, "kind": dataset.kind, "accepted": dataset.lines, "rejected": dataset.rejected}


@lru_cache(maxsize=32)
def _octets(name: str, size: int) -> bytes:
    return hashlib.shake_128(name.encode()).digest(size)
