"""What each project contains at the start: datasets, an evaluation of two models, transcriptions."""

from __future__ import annotations

import random
import uuid
from typing import NamedTuple

from .entities import DAY, Project, Status, Work
from .project_items import Dataset, Evaluation, Transcription
from .world import World


class DatasetPlan(NamedTuple):
    """How to make a dataset: kind, name, lines, seconds of audio, final status."""

    kind: str
    name: str
    lines: int
    seconds: float | None = None
    outcome: Status = Status.SUCCEEDED


DATASET_PLANS = (
    DatasetPlan("Acoustic", "Recorded calls", 480, 3_640.0),
    DatasetPlan("Language", "Product names", 1_250),
    DatasetPlan("Pronunciation", "Street names", 0, outcome=Status.FAILED),
)
WORDS_A_LINE = 9
TRANSCRIPTIONS = 2


def add_project_items(world: World) -> None:
    """Add them to every project. The same seed gives the same ids, whatever else the world contains."""
    rng = random.Random(f"{world.options.seed}/projects")  # noqa: S311 - not a secret
    for project in world.projects.values():
        datasets = [_dataset(world, project, plan, rng) for plan in DATASET_PLANS]
        world.datasets |= {dataset.id: dataset for dataset in datasets}
        models = [one for one in world.custom_models.values() if one.project == project.id]
        base = world.newest_base_model(project.locale)
        done = [one for one in models if one.work.at(world.started)[0] is Status.SUCCEEDED]
        if not base:
            continue
        for turn, model in enumerate(models):
            model.datasets = [dataset.id for dataset in datasets[: 2 - turn % 2]]
        pair = (done[0].id if done else base.id, base.id)
        evaluation = _evaluation(world, project, pair, datasets[0], rng)
        world.evaluations[evaluation.id] = evaluation
        for turn in range(TRANSCRIPTIONS):
            transcription = _transcription(world, project, pair[turn % 2], datasets[0], turn, rng)
            world.transcriptions[transcription.id] = transcription


def _id(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _work(world: World, days: float, seconds: float, outcome: Status = Status.SUCCEEDED) -> Work:
    return Work(started=world.started - days * DAY, seconds=seconds, outcome=outcome)


def _dataset(world: World, project: Project, plan: DatasetPlan, rng: random.Random) -> Dataset:
    work = _work(world, rng.uniform(60, 90), 600, plan.outcome)
    failed = plan.outcome is Status.FAILED
    return Dataset(
        id=_id(rng),
        name=plan.name,
        locale=project.locale,
        kind=plan.kind,
        created=work.started,
        work=work,
        lines=plan.lines,
        rejected=40 if failed else rng.randrange(12),
        seconds=plan.seconds,
        project=project.id,
    )


def _evaluation(
    world: World, project: Project, models: tuple[str, str], dataset: Dataset, rng: random.Random
) -> Evaluation:
    work = _work(world, rng.uniform(20, 40), 1_800)
    words = dataset.lines * WORDS_A_LINE
    return Evaluation(
        id=_id(rng),
        name="Adapted model against base model",
        locale=project.locale,
        created=work.started,
        work=work,
        models=models,
        dataset=dataset.id,
        sentences=dataset.lines,
        words=words,
        errors=(_errors(words, rng), _errors(words, rng)),
        wrong_sentences=(dataset.lines // 4, dataset.lines // 3),
        project=project.id,
    )


def _errors(words: int, rng: random.Random) -> tuple[int, int, int]:
    """Substitutions, deletions, insertions."""
    return round(words * rng.uniform(0.02, 0.06)), rng.randrange(9, 40), rng.randrange(5, 30)


def _transcription(
    world: World, project: Project, model: str, dataset: Dataset, turn: int, rng: random.Random
) -> Transcription:
    work = _work(world, rng.uniform(1, 20), 900)
    return Transcription(
        id=_id(rng),
        name=f"Quality sample {turn + 1}",
        locale=project.locale,
        created=work.started,
        work=work,
        model=model,
        dataset=dataset.id,
        seconds=dataset.seconds or 0.0,
        project=project.id,
    )
