"""The world in a file, so that a demo that is started again has the same data."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from .entities import Endpoint, Model, Project
from .options import Options
from .world import World


class Saved(Struct, kw_only=True):
    """What is kept: no ports, no keys, no ledger; of the options what the computed logs depend on."""

    seed: int
    started: float
    offset: float
    secret: str
    projects: list[Project]
    base_models: list[Model]
    custom_models: list[Model]
    endpoints: list[Endpoint]


class Unreadable(Exception):
    """The file is there, and it is no world."""


def save(world: World, path: Path) -> None:
    """Written beside, then put in its place: the file is whole at every moment."""
    saved = Saved(
        seed=world.options.seed,
        started=world.started,
        offset=world.offset,
        secret=world.secret,
        projects=list(world.projects.values()),
        base_models=list(world.base_models.values()),
        custom_models=list(world.custom_models.values()),
        endpoints=list(world.endpoints.values()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(msgspec.json.encode(saved))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def load(path: Path, options: Options) -> World:
    """The entities come from the file, all else from the options of this start."""
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=Saved)
    except msgspec.DecodeError as error:
        raise Unreadable(f"{path} holds no world: {error}") from None
    world = World(msgspec.structs.replace(options, seed=saved.seed), started=saved.started, secret=saved.secret)
    world.offset = saved.offset
    world.projects = {project.id: project for project in saved.projects}
    world.base_models = {model.id: model for model in saved.base_models}
    world.custom_models = {model.id: model for model in saved.custom_models}
    for endpoint in saved.endpoints:
        world.add(endpoint)
    world.revision = 0
    return world
