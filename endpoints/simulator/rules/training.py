"""What Models_Create accepts, refuses and starts."""

from __future__ import annotations

from msgspec import Struct

from ..api.errors import invalid_argument
from ..control import ledger
from ..world.entities import Model, Status, Work
from ..world.quarters import quarter_end
from ..world.world import World, new_id
from .deployment import find_model, find_project

TRAINING_FACTOR = 2.0  # duration of a training in durations of a deployment
MAX_TEXT_BYTES = {"F0": 200_000, "S0": 500_000}  # "Speech service quotas and limits"
CUSTOM_MODEL_QUARTERS = 8  # from creation to expiration ("Custom speech model lifecycle")


class NewModel(Struct, kw_only=True):
    """The body of a POST; `base` is (whether it is a base model, id)."""

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


def deployment_fails(name: str) -> bool:
    """Whether every deployment of a model of this name fails; see README.md."""
    return "broken" in name.lower()


def training_fails(name: str) -> bool:
    """Whether the training of a model of this name fails; see README.md."""
    return "untrainable" in name.lower()


def create(world: World, request: NewModel) -> Model:
    """Models_Create: NotStarted, Running, then Succeeded by the clock."""
    if request.locale not in world.locales():
        raise invalid_argument("InvalidLocale", f"The locale '{request.locale}' is not supported.", "locale")
    project = find_project(world, request.project, request.locale)
    base = _base(world, request)
    _check_data(world, request)
    now = world.now()
    work = Work(
        started=now,
        seconds=TRAINING_FACTOR * world.options.deploy_seconds,
        outcome=Status.FAILED if training_fails(request.name) else Status.SUCCEEDED,
    )
    model = Model(
        id=new_id(),
        base=False,
        name=request.name,
        locale=request.locale,
        created=now,
        work=work,
        transcription_until=quarter_end(now, CUSTOM_MODEL_QUARTERS),
        description=request.description,
        breaks_on_deploy=deployment_fails(request.name),
        base_model=base.id,
        project=project.id if project else None,
        text=request.text,
        email=request.email,
        datasets=request.datasets,
        custom=request.custom,
    )
    if request.weight is not None:
        model.weight = request.weight
    world.custom_models[model.id] = model
    ledger.made(model.id)
    world.mark_changed()
    return model


def _base(world: World, request: NewModel) -> Model:
    """A base model of the locale that can still be adapted; the newest one if none is named."""
    if request.base is None:
        newest = world.newest_base_model(request.locale)
        if newest is None:
            raise invalid_argument("InvalidBaseModel", "There is no base model of the locale.", "baseModel")
        return newest
    if not request.base[0]:
        raise invalid_argument("InvalidBaseModel", "Only a base model can be adapted.", "baseModel")
    base = find_model(world, *request.base, inner="InvalidBaseModel", target="baseModel")
    if base.locale != request.locale:
        raise invalid_argument("InvalidBaseModel", "The locale of the base model is another one.", "baseModel")
    if base.adaptation_until is not None and base.adaptation_until <= world.now():
        raise invalid_argument("ModelDeprecated", "The base model is deprecated for adaptation.", "baseModel")
    return base


def _check_data(world: World, request: NewModel) -> None:
    now = world.now()
    for dataset_id in request.datasets:
        dataset = world.datasets.get(dataset_id)
        if dataset is None or dataset.locale != request.locale:
            raise invalid_argument(
                "InvalidDataset", "The specified dataset does not exist or has another locale.", "datasets"
            )
        if dataset.work.at(now)[0] is not Status.SUCCEEDED:
            raise invalid_argument("FailedDataset", "Only a dataset with the status Succeeded can be used.", "datasets")
    if request.text and len(request.text.encode("utf-8", "surrogatepass")) > MAX_TEXT_BYTES[world.options.tier]:
        message = f"The text is longer than {MAX_TEXT_BYTES[world.options.tier]} bytes."
        raise invalid_argument("QuotaViolation", message, "text")
    if not request.datasets and not request.text and world.options.switches.model_without_data == "refuse":
        raise invalid_argument("InvalidDataset", "A model is adapted with datasets or with a text.", "datasets")
