"""The world in a file (--state), so that a demo has the same data after a restart."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from ..options import Options
from .entities import Authorization, BaseModelLogs, Endpoint, Model, ModelCopy, Project
from .project_items import Dataset, Evaluation, Transcription
from .web_hooks import WebHook
from .world import World


class Saved(Struct, kw_only=True):
    """What is saved: no ports, keys or ledger; of the options only the seed, which generated logs depend on."""

    seed: int
    started: float
    offset: float
    secret: str
    projects: list[Project]
    base_models: list[Model]
    custom_models: list[Model]
    endpoints: list[Endpoint]
    datasets: list[Dataset] = []
    evaluations: list[Evaluation] = []
    transcriptions: list[Transcription] = []
    authorizations: list[Authorization] = []
    copies: list[ModelCopy] = []
    base_logs: list[BaseModelLogs] = []
    hooks: list[WebHook] = []


class StateFileError(Exception):
    """The state file exists, but cannot be read as a world."""


def save(world: World, path: Path) -> None:
    """Write a temporary file and rename it, so that the state file is complete at every moment."""
    saved = Saved(
        seed=world.options.seed,
        started=world.started,
        offset=world.offset,
        secret=world.secret,
        projects=list(world.projects.values()),
        base_models=list(world.base_models.values()),
        custom_models=list(world.custom_models.values()),
        endpoints=list(world.endpoints.values()),
        datasets=list(world.datasets.values()),
        evaluations=list(world.evaluations.values()),
        transcriptions=list(world.transcriptions.values()),
        authorizations=list(world.authorizations.values()),
        copies=list(world.copies.values()),
        base_logs=list(world.base_logs.values()),
        hooks=list(world.hooks.values()),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(saved))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def load(path: Path, options: Options) -> World:
    """Read a world: its entities come from the file, everything else from the options of this process."""
    try:
        saved = msgspec.json.decode(path.read_bytes(), type=Saved)
    except msgspec.DecodeError as error:
        raise StateFileError(f"{path} holds no world: {error}") from None
    world = World(msgspec.structs.replace(options, seed=saved.seed), started=saved.started, secret=saved.secret)
    world.offset = saved.offset
    world.projects = {project.id: project for project in saved.projects}
    world.base_models = {model.id: model for model in saved.base_models}
    world.custom_models = {model.id: model for model in saved.custom_models}
    world.datasets = {dataset.id: dataset for dataset in saved.datasets}
    world.evaluations = {evaluation.id: evaluation for evaluation in saved.evaluations}
    world.transcriptions = {transcription.id: transcription for transcription in saved.transcriptions}
    world.authorizations = {authorization.id: authorization for authorization in saved.authorizations}
    world.copies = {copying.id: copying for copying in saved.copies}
    world.base_logs = {logs.locale: logs for logs in saved.base_logs}
    world.hooks = {hook.id: hook for hook in saved.hooks}
    for endpoint in saved.endpoints:
        world.add(endpoint)
    world.revision = 0
    return world
