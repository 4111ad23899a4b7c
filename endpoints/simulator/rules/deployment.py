"""The rules of deployment: what may be deployed, what a change starts, what is refused."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ..api.errors import Refusal, conflict, invalid
from ..control import ledger
from ..iso8601 import seconds_of
from ..world.entities import DAY, Endpoint, Model, Project, Status, Work
from ..world.world import World, new_id

LONGEST_LIFE = 31 * DAY  # EndpointProperties.timeToLive
CODES = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests"}


class NewEndpoint(Struct, kw_only=True):
    """What a POST asks for; `model` is (is it a base model, id)."""

    name: str
    locale: str
    model: tuple[bool, str] | None = None
    text: str | None = None
    description: str | None = None
    project: str | None = None
    custom: dict[str, str]
    logging: bool = False
    time_to_live: str | None = None
    email: str | None = None


class EndpointChange(Struct, kw_only=True):
    """What a PATCH asks for; None takes a value away."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    model: tuple[bool, str] | UnsetType = UNSET
    project: str | UnsetType | None = UNSET
    custom: dict[str, str] | UnsetType = UNSET
    logging: bool | UnsetType = UNSET


def create(world: World, wish: NewEndpoint) -> Endpoint:
    """Endpoints_Create. The quota is looked at last: a wrong wish is told what is wrong with it."""
    if wish.locale not in world.locales():
        raise invalid("InvalidLocale", f"The locale '{wish.locale}' is not supported.", "locale")
    if wish.time_to_live is not None:
        _check_life(wish.time_to_live)
    project = find_project(world, wish.project, wish.locale)
    model = _asked_model(world, wish)
    _check_quota(world)
    now = world.now()
    endpoint = Endpoint(
        id=new_id(),
        name=wish.name,
        locale=wish.locale,
        model=model.id,
        created=now,
        work=_deployment(world, model, now),
        description=wish.description,
        project=project.id if project else None,
        text=wish.text,
        email=wish.email,
        time_to_live=wish.time_to_live,
        logging=wish.logging,
        custom=wish.custom,
    )
    world.settle_logs(endpoint)
    world.add(endpoint)
    ledger.made(endpoint.id)
    return endpoint


def change(world: World, endpoint: Endpoint, wish: EndpointChange) -> None:
    """Endpoints_Update. Only another model, or the same one after a failure, starts a deployment."""
    now = world.now()
    status, _ = endpoint.work.at(now)
    if not status.terminal and world.options.switches.update_while_running == "refuse":
        raise conflict("EndpointNotUpdatable", "The endpoint cannot be updated while its deployment is not complete.")
    model = None
    if wish.model is not UNSET:
        model = find_model(world, *wish.model)
        if model.id != endpoint.model or status is Status.FAILED:
            check_deployable(world, model, endpoint.locale)
        else:
            model = None
    if wish.project is not UNSET:
        project = find_project(world, wish.project, endpoint.locale)
        endpoint.project = project.id if project else None
    if wish.name is not UNSET:
        endpoint.name = wish.name
    if wish.description is not UNSET:
        endpoint.description = wish.description
    if wish.custom is not UNSET:
        endpoint.custom = wish.custom
    if wish.logging is not UNSET:
        endpoint.logging = wish.logging
    if model:
        endpoint.previous = endpoint.in_service(now)
        endpoint.model = model.id
        endpoint.work = _deployment(world, model, now)
        world.watch(endpoint)
    world.settle_logs(endpoint)
    ledger.changed(endpoint.id)
    world.touch()


def find_model(world: World, base: bool, model_id: str, *, inner: str = "InvalidModel", target: str = "model") -> Model:
    model = (world.base_models if base else world.custom_models).get(model_id)
    if model is None:
        raise invalid(inner, "The specified model does not exist.", target)
    return model


def find_project(world: World, project_id: str | None, locale: str) -> Project | None:
    if project_id is None:
        return None
    project = world.projects.get(project_id)
    if project is None:
        raise invalid("InvalidProject", "The specified project does not exist.", "project")
    if world.options.switches.project_locale == "same" and project.locale != locale:
        raise invalid("InvalidProject", "The locale of the project is another one.", "project")
    return project


def check_deployable(world: World, model: Model, locale: str) -> None:
    """Locale as in the deploy article; the codes by their names (api-facts 4)."""
    now = world.now()
    if model.locale != locale:
        words = f"The locale of the model is '{model.locale}', the locale of the endpoint is '{locale}'."
        raise invalid("ModelMismatch", words, "model")
    if model.work.at(now)[0] is not Status.SUCCEEDED:
        raise invalid("ModelNotDeployable", "Only a model with the status Succeeded can be deployed.", "model")
    if not model.supports_endpoints:
        raise invalid("ModelNotDeployable", "The model does not support endpoints.", "model")
    if model.transcription_until <= now:
        raise invalid("ModelDeprecated", "The model is deprecated and can no longer be used for recognition.", "model")


def _asked_model(world: World, wish: NewEndpoint) -> Model:
    if wish.model:
        model = find_model(world, *wish.model)
    elif wish.text and (newest := world.newest_base(wish.locale)):
        model = newest
    else:
        raise invalid("InvalidModel", "A model is required.", "model")
    check_deployable(world, model, wish.locale)
    return model


def _deployment(world: World, model: Model, now: float) -> Work:
    outcome = Status.FAILED if model.breaks_on_deploy else Status.SUCCEEDED
    return Work(started=now, seconds=world.options.deploy_seconds, outcome=outcome)


def _check_life(duration: str) -> None:
    try:
        life = seconds_of(duration)
    except ValueError:
        life = LONGEST_LIFE + 1
    if life > LONGEST_LIFE:
        words = "timeToLive has to be an ISO 8601 duration of 31 days or less."
        raise invalid("InvalidTimeToLive", words, "properties.timeToLive")


def _check_quota(world: World) -> None:
    options = world.options
    if len(world.endpoints) >= options.endpoint_quota:
        status = options.switches.quota_status
        words = f"The resource has reached its limit of {options.endpoint_quota} custom model deployments."
        raise Refusal(status, CODES[status], words, inner="QuotaViolation")
