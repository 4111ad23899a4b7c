"""What Endpoints_Create and Endpoints_Update accept, refuse and start."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from ..api.errors import ApiError, conflict, invalid_argument
from ..control import ledger
from ..iso8601 import parse_duration
from ..world.entities import DAY, Endpoint, Model, Project, Status, Work
from ..world.world import World, new_id

MAX_TIME_TO_LIVE = 31 * DAY  # contract: EndpointProperties.timeToLive
CODES = {403: "Forbidden", 409: "Conflict", 429: "TooManyRequests"}


class NewEndpoint(Struct, kw_only=True):
    """The body of a POST; `model` is (whether it is a base model, id)."""

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
    """The body of a PATCH; None removes a value."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    model: tuple[bool, str] | UnsetType = UNSET
    project: str | UnsetType | None = UNSET
    custom: dict[str, str] | UnsetType = UNSET
    logging: bool | UnsetType = UNSET


def create(world: World, request: NewEndpoint) -> Endpoint:
    """Endpoints_Create. The quota is checked last, so that an invalid request gets the more specific error."""
    if request.locale not in world.locales():
        raise invalid_argument("InvalidLocale", f"The locale '{request.locale}' is not supported.", "locale")
    if request.time_to_live is not None:
        _check_time_to_live(request.time_to_live)
    project = find_project(world, request.project, request.locale)
    model = _requested_model(world, request)
    _check_quota(world)
    now = world.now()
    endpoint = Endpoint(
        id=new_id(),
        name=request.name,
        locale=request.locale,
        model=model.id,
        created=now,
        work=_deployment(world, model, now),
        description=request.description,
        project=project.id if project else None,
        text=request.text,
        email=request.email,
        time_to_live=request.time_to_live,
        logging=request.logging,
        custom=request.custom,
    )
    world.start_logging_if_ready(endpoint)
    world.add(endpoint)
    ledger.made(endpoint.id)
    return endpoint


def change(world: World, endpoint: Endpoint, request: EndpointChange) -> None:
    """Endpoints_Update. A deployment starts only for another model, or for the same one when it ended without it."""
    now = world.now()
    status, *_ = endpoint.shown(now)
    if not status.terminal and world.options.switches.update_while_running == "refuse":
        raise conflict("EndpointNotUpdatable", "The endpoint cannot be updated while its deployment is not complete.")
    model = None
    if request.model is not UNSET:
        model = find_model(world, *request.model)
        lost = endpoint.work.at(now)[0].terminal and endpoint.in_service(now) != endpoint.model
        if model.id != endpoint.model or lost:
            check_deployable(world, model, endpoint.locale)
        else:
            model = None
    if request.project is not UNSET:
        project = find_project(world, request.project, endpoint.locale)
        endpoint.project = project.id if project else None
    if request.name is not UNSET:
        endpoint.name = request.name
    if request.description is not UNSET:
        endpoint.description = request.description
    if request.custom is not UNSET:
        endpoint.custom = request.custom
    if request.logging is not UNSET:
        endpoint.logging = request.logging
    if model:
        endpoint.previous = endpoint.in_service(now)
        endpoint.redeploy = world.options.switches.redeploy
        endpoint.model = model.id
        endpoint.work = _deployment(world, model, now)
        world.schedule_expiry(endpoint)
    world.start_logging_if_ready(endpoint)
    ledger.changed(endpoint.id)
    world.mark_changed()


def find_model(world: World, base: bool, model_id: str, *, inner: str = "InvalidModel", target: str = "model") -> Model:
    model = (world.base_models if base else world.custom_models).get(model_id)
    if model is None:
        raise invalid_argument(inner, "The specified model does not exist.", target)
    return model


def find_project(world: World, project_id: str | None, locale: str) -> Project | None:
    if project_id is None:
        return None
    project = world.projects.get(project_id)
    if project is None:
        raise invalid_argument("InvalidProject", "The specified project does not exist.", "project")
    if world.options.switches.project_locale == "same" and project.locale != locale:
        raise invalid_argument("InvalidProject", "The locale of the project is another one.", "project")
    return project


def check_deployable(world: World, model: Model, locale: str) -> None:
    """The locale rule is documented in "Deploy a custom speech model"; codes are contract: DetailedErrorCode."""
    now = world.now()
    if model.locale != locale:
        message = f"The locale of the model is '{model.locale}', the locale of the endpoint is '{locale}'."
        raise invalid_argument("ModelMismatch", message, "model")
    if model.work.at(now)[0] is not Status.SUCCEEDED:
        raise invalid_argument("ModelNotDeployable", "Only a model with the status Succeeded can be deployed.", "model")
    if not model.supports_endpoints:
        raise invalid_argument("ModelNotDeployable", "The model does not support endpoints.", "model")
    if model.transcription_until <= now:
        raise invalid_argument(
            "ModelDeprecated", "The model is deprecated and can no longer be used for recognition.", "model"
        )


def _requested_model(world: World, request: NewEndpoint) -> Model:
    if request.model:
        model = find_model(world, *request.model)
    elif request.text and (newest := world.newest_base_model(request.locale)):
        model = newest
    else:
        raise invalid_argument("InvalidModel", "A model is required.", "model")
    check_deployable(world, model, request.locale)
    return model


def _deployment(world: World, model: Model, now: float) -> Work:
    outcome = Status.FAILED if model.breaks_on_deploy else Status.SUCCEEDED
    return Work(started=now, seconds=world.options.deploy_seconds, outcome=outcome)


def _check_time_to_live(duration: str) -> None:
    try:
        seconds = parse_duration(duration)
    except ValueError:
        seconds = MAX_TIME_TO_LIVE + 1
    if seconds > MAX_TIME_TO_LIVE:
        message = "timeToLive has to be an ISO 8601 duration of 31 days or less."
        raise invalid_argument("InvalidTimeToLive", message, "properties.timeToLive")


def _check_quota(world: World) -> None:
    options = world.options
    if len(world.endpoints) >= options.endpoint_quota:
        status = options.switches.quota_status
        message = f"The resource has reached its limit of {options.endpoint_quota} custom model deployments."
        raise ApiError(status, CODES[status], message, inner="QuotaViolation")
