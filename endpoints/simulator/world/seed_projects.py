"""What lies in each project from the start: data sets, an evaluation of two models, transcriptions."""

from __future__ import annotations

import random
import uuid
from typing import NamedTuple

from .entities import DAY, Project, Status, Work
from .project_items import Dataset, Evaluation, Transcription
from .world import World


class Heap(NamedTuple):
    """One data set to be: kind, name, lines, seconds of audio, how it ended."""

    kind: str
    name: str
    lines: int
    seconds: float | None = None
    outcome: Status = Status.SUCCEEDED


HEAPS = (
    Heap("Acoustic", "Recorded calls", 480, 3_640.0),
    Heap("Language", "Product names", 1_250),
    Heap("Pronunciation", "Street names", 0, outcome=Status.FAILED),
)
WORDS_A_LINE = 9
TRANSCRIPTIONS = 2


def furnish(world: World) -> None:
    """The same seed gives the same ids, whatever else the world holds."""
    chance = random.Random(f"{world.options.seed}/projects")  # noqa: S311 - not a secret
    for project in world.projects.values():
        heaps = [_dataset(world, project, heap, chance) for heap in HEAPS]
        world.datasets |= {heap.id: heap for heap in heaps}
        models = [one for one in world.custom_models.values() if one.project == project.id]
        base = world.newest_base(project.locale)
        done = [one for one in models if one.work.at(world.started)[0] is Status.SUCCEEDED]
        if not base:
            continue
        for turn, model in enumerate(models):
            model.datasets = [heap.id for heap in heaps[: 2 - turn % 2]]
        pair = (done[0].id if done else base.id, base.id)
        evaluation = _evaluation(world, project, pair, heaps[0], chance)
        world.evaluations[evaluation.id] = evaluation
        for turn in range(TRANSCRIPTIONS):
            transcription = _transcription(world, project, pair[turn % 2], heaps[0], turn, chance)
            world.transcriptions[transcription.id] = transcription


def _id(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def _work(world: World, days: float, seconds: float, outcome: Status = Status.SUCCEEDED) -> Work:
    return Work(started=world.started - days * DAY, seconds=seconds, outcome=outcome)


def _dataset(world: World, project: Project, heap: Heap, chance: random.Random) -> Dataset:
    work = _work(world, chance.uniform(60, 90), 600, heap.outcome)
    failed = heap.outcome is Status.FAILED
    return Dataset(
        id=_id(chance),
        name=heap.name,
        locale=project.locale,
        kind=heap.kind,
        created=work.started,
        work=work,
        lines=heap.lines,
        rejected=40 if failed else chance.randrange(12),
        seconds=heap.seconds,
        project=project.id,
    )


def _evaluation(
    world: World, project: Project, models: tuple[str, str], dataset: Dataset, chance: random.Random
) -> Evaluation:
    work = _work(world, chance.uniform(20, 40), 1_800)
    words = dataset.lines * WORDS_A_LINE
    return Evaluation(
        id=_id(chance),
        name="Adapted model against base model",
        locale=project.locale,
        created=work.started,
        work=work,
        models=models,
        dataset=dataset.id,
        sentences=dataset.lines,
        words=words,
        errors=(_errors(words, chance), _errors(words, chance)),
        wrong_sentences=(dataset.lines // 4, dataset.lines // 3),
        project=project.id,
    )


def _errors(words: int, chance: random.Random) -> tuple[int, int, int]:
    """Substitutions, deletions, insertions."""
    return round(words * chance.uniform(0.02, 0.06)), chance.randrange(9, 40), chance.randrange(5, 30)


def _transcription(
    world: World, project: Project, model: str, dataset: Dataset, turn: int, chance: random.Random
) -> Transcription:
    work = _work(world, chance.uniform(1, 20), 900)
    return Transcription(
        id=_id(chance),
        name=f"Quality sample {turn + 1}",
        locale=project.locale,
        created=work.started,
        work=work,
        model=model,
        dataset=dataset.id,
        seconds=dataset.seconds or 0.0,
        project=project.id,
    )
