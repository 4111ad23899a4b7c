"""What people ask of custom models (Models_Create), and how the service answers: training, or a refusal."""

from __future__ import annotations

from msgspec import Struct

from ..api.errors import invalid
from ..control import ledger
from ..world.entities import Model, Status, Work
from ..world.quarters import quarter_end
from ..world.world import World, new_id
from .deployment import find_model, find_project

TRAINING = 2.0  # times the length of a deployment
LONGEST_TEXT = {"F0": 200_000, "S0": 500_000}  # bytes of `text` (service-facts 2)
CUSTOM_QUARTERS = 8  # of recognition after the quarter of the model's creation (service-facts 1)


class NewModel(Struct, kw_only=True):
    """What a POST asks for; `base` is (is it a base model, id)."""

    name: str
    locale: str
    base: tuple[bool, str] | None = None
    datasets: list[str]
    text: str | None = None
    description: str | None = None
    project: str | None = None
    custom: dict[str, str]
    weight: int | None = None
    email: str | None = None


def breaks(name: str) -> bool:
    """The documented way to make the deployment of a model fail."""
    return "broken" in name.lower()


def fails(name: str) -> bool:
    """The documented way to make a training fail."""
    return "untrainable" in name.lower()


def create(world: World, wish: NewModel) -> Model:
    """Models_Create: NotStarted, Running, then Succeeded by the clock."""
    if wish.locale not in world.locales():
        raise invalid("InvalidLocale", f"The locale '{wish.locale}' is not supported.", "locale")
    project = find_project(world, wish.project, wish.locale)
    base = _base(world, wish)
    _check_data(world, wish)
    now = world.now()
    work = Work(
        started=now,
        seconds=TRAINING * world.options.deploy_seconds,
        outcome=Status.FAILED if fails(wish.name) else Status.SUCCEEDED,
    )
    model = Model(
        id=new_id(),
        base=False,
        name=wish.name,
        locale=wish.locale,
        created=now,
        work=work,
        transcription_until=quarter_end(now, CUSTOM_QUARTERS),
        description=wish.description,
        breaks_on_deploy=breaks(wish.name),
        base_model=base.id,
        project=project.id if project else None,
        text=wish.text,
        email=wish.email,
        datasets=wish.datasets,
        custom=wish.custom,
    )
    if wish.weight is not None:
        model.weight = wish.weight
    world.custom_models[model.id] = model
    ledger.made(model.id)
    world.touch()
    return model


def _base(world: World, wish: NewModel) -> Model:
    """A base model of the locale that may be adapted still; the newest one when none is named."""
    if wish.base is None:
        newest = world.newest_base(wish.locale)
        if newest is None:
            raise invalid("InvalidBaseModel", "There is no base model of the locale.", "baseModel")
        return newest
    if not wish.base[0]:
        raise invalid("InvalidBaseModel", "Only a base model can be adapted.", "baseModel")
    base = find_model(world, *wish.base, inner="InvalidBaseModel", target="baseModel")
    if base.locale != wish.locale:
        raise invalid("InvalidBaseModel", "The locale of the base model is another one.", "baseModel")
    if base.adaptation_until is not None and base.adaptation_until <= world.now():
        raise invalid("ModelDeprecated", "The base model is deprecated for adaptation.", "baseModel")
    return base


def _check_data(world: World, wish: NewModel) -> None:
    now = world.now()
    for dataset_id in wish.datasets:
        dataset = world.datasets.get(dataset_id)
        if dataset is None or dataset.locale != wish.locale:
            raise invalid("InvalidDataset", "The specified dataset does not exist or has another locale.", "datasets")
        if dataset.work.at(now)[0] is not Status.SUCCEEDED:
            raise invalid("FailedDataset", "Only a dataset with the status Succeeded can be used.", "datasets")
    if wish.text and len(wish.text.encode("utf-8", "surrogatepass")) > LONGEST_TEXT[world.options.tier]:
        words = f"The text is longer than {LONGEST_TEXT[world.options.tier]} bytes."
        raise invalid("QuotaViolation", words, "text")
    if not wish.datasets and not wish.text and world.options.switches.model_without_data == "refuse":
        raise invalid("InvalidDataset", "A model is adapted with datasets or with a text.", "datasets")
