"""The world at its start. The same options give the same ids and names.

All dates are relative to the start, so that a model which is about to expire is always about to expire. Dates in names
follow from the quarter in which the world starts.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime
from functools import cached_property

from msgspec import Struct

from ..options import Options
from ..rules.training import deployment_fails
from .entities import DAY, Endpoint, Model, Project, Status, Work
from .quarters import quarter_end
from .seed_projects import add_project_items
from .world import World

LOCALES = ("en-US", "de-DE", "en-GB", "fr-FR", "es-ES")
PROJECTS = (
    ("en-US", "Contoso call center", "Call center"),
    ("de-DE", "Contoso Hotline", "Hotline"),
    ("en-GB", "Contoso support desk", "Support desk"),
    ("fr-FR", "Contoso service clients", "Service clients"),
    ("es-ES", "Contoso atención al cliente", "Atención"),
)
PLACES = (
    ("Front door", "Greets callers and routes them"),
    ("Agent assist", "Live captions on the agent's desktop"),
    ("Voicemail", None),
    ("Quality review", "Sampled calls for the quality team"),
    ("Night shift", "Answers while the desks are closed"),
    ("Callback line", None),
    ("Pilot", "Trial with one team"),
    ("Archive", "Kept for a former customer"),
)
BASE_SHARE = 0.1
# Of forty endpoints one has failed, one has just been created, and a few have models that expire soon or have expired.
# All others have succeeded with models that can be used for months. Two of five log, the first one among them.
CYCLE, FAILS_AT, RUNS_AT = 40, 6, 9
EXPIRES_AT = {14: "en-US -8", 11: "de-DE -2", 29: "de-DE -2", 18: "en-US -1", 26: "en-US -1", 34: "en-US -1"}
LOGS_AT = (0, 2)  # of five
MONTHS = 120 * DAY  # a model that can be used for longer is no cause for concern


class ModelPlan(Struct, frozen=True, kw_only=True):
    """How to make a custom model. `expires`: days from the start; None: on a quarter end far away."""

    locale: str
    name: str
    quarters: int = 0
    expires: float | None = None
    outcome: Status = Status.SUCCEEDED
    running: bool = False
    endpoints: bool = True
    deployment_fails: bool = False


MODEL_PLANS = (
    ModelPlan(locale="en-US", name="Call center {month}"),
    ModelPlan(locale="en-US", name="Call center {month}", quarters=-1, expires=75),
    ModelPlan(locale="de-DE", name="Hotline {month}", quarters=-2, expires=20),
    ModelPlan(locale="en-US", name="Call center {month}", quarters=-8, expires=-10),
    ModelPlan(locale="en-US", name="Broken adaptation test", quarters=-3, deployment_fails=True),
    ModelPlan(locale="de-DE", name="Hotline, noisy lines", outcome=Status.FAILED),
    ModelPlan(locale="de-DE", name="Hotline, next release", running=True),
    ModelPlan(locale="en-US", name="Call center, batch only", endpoints=False),
    ModelPlan(locale="de-DE", name="Hotline {month}"),
)


def seeded_world(options: Options, started: float | None = None) -> World:
    """A new world for these options."""
    world = World(options, started=started)
    _Seeder(world).all()
    return world


class _Seeder:
    def __init__(self, world: World) -> None:
        self.world = world
        self.options = world.options
        self.start = world.started
        self.rng = random.Random(world.options.seed)  # noqa: S311 - not a secret

    def all(self) -> None:
        self.base_models()
        if self.options.world == "demo":
            self.projects()
            self.custom_models()
            add_project_items(self.world)
        self.endpoints()

    def id(self) -> str:
        return str(uuid.UUID(int=self.rng.getrandbits(128), version=4))

    def base_models(self) -> None:
        """Three of en-US and de-DE, two of the others; names are release dates ("Train a custom speech model")."""
        for locale in LOCALES:
            ages = (9, 5, 1) if locale in ("en-US", "de-DE") else (5, 1)
            for age in ages:
                released = quarter_end(self.start, -age) - 30 * DAY
                model = Model(
                    id=self.id(),
                    base=True,
                    name=datetime.fromtimestamp(released, UTC).strftime("%Y%m%d"),
                    locale=locale,
                    created=released,
                    work=Work(started=released, seconds=3600),
                    transcription_until=quarter_end(released, 8),
                    adaptation_until=quarter_end(released, 4),
                    description=f"{locale} base model",
                    charged=True,
                )
                self.world.base_models[model.id] = model

    def projects(self) -> None:
        for index in range(self.options.projects):
            locale, name, _ = PROJECTS[index % len(PROJECTS)]
            turn = index // len(PROJECTS)
            project = Project(
                id=self.id(),
                name=name if not turn else f"{name} {turn + 1}",
                locale=locale,
                created=self.start - (400 - index % 300) * DAY,
                description=None if index % 2 else "Recognition for calls to Contoso",
            )
            self.world.projects[project.id] = project

    def custom_models(self) -> None:
        known_projects = list(self.world.projects.values())
        for index in range(self.options.models):
            if index < len(MODEL_PLANS):
                plan = MODEL_PLANS[index]
                candidates = [candidate for candidate in known_projects if candidate.locale == plan.locale]
            else:
                turn = index - len(MODEL_PLANS)
                candidates = [known_projects[turn % len(known_projects)]] if known_projects else []
                locale = candidates[0].locale if candidates else LOCALES[0]
                description = next(short for place, _, short in PROJECTS if place == locale)
                plan = ModelPlan(locale=locale, name=f"{description} {{month}} {turn + 1}", quarters=-(turn % 6))
                if turn % 5 == 4:
                    plan = ModelPlan(locale=locale, name=plan.name, quarters=-7, expires=10.0 + turn % 70)
            self.custom_model(index, plan, candidates[0] if candidates else None)

    def custom_model(self, index: int, plan: ModelPlan, project: Project | None) -> None:
        finished = quarter_end(self.start, plan.quarters - 1) - 20.4 * DAY + index * 540
        work = Work(started=finished - 5400, seconds=5400, outcome=plan.outcome)
        if plan.running:
            # Running from the start on; done after twice the duration of a deployment
            length = self.options.deploy_seconds
            work = Work(started=self.start - 0.5 * length, seconds=2.5 * length)
        name = plan.name.format(month=datetime.fromtimestamp(finished, UTC).strftime("%Y-%m"))
        far = quarter_end(max(finished, self.start - 180 * DAY), 8)
        base = self.world.newest_base_model(plan.locale)
        model = Model(
            id=self.id(),
            base=False,
            name=name,
            locale=plan.locale,
            created=work.started,
            work=work,
            transcription_until=far if plan.expires is None else self.start + plan.expires * DAY,
            supports_endpoints=plan.endpoints,
            breaks_on_deploy=plan.deployment_fails or deployment_fails(name),
            base_model=base.id if base else None,
            project=project.id if project else None,
            custom={"PortalAPIVersion": "3", "Purpose": ""} if index % 3 == 0 else {},
        )
        self.world.custom_models[model.id] = model

    def endpoints(self) -> None:
        count = self.options.endpoints
        if not count:
            return
        known_projects = list(self.world.projects.values())
        broken = [model for model in self.world.custom_models.values() if model.breaks_on_deploy]
        longest = 6.0 if self.options.tier == "F0" else 400.0
        ages = [0.0 if index % CYCLE == RUNS_AT else self.rng.uniform(0.5, longest) for index in range(count)]
        for index, age in sorted(enumerate(ages), key=lambda one: -one[1]):
            project = known_projects[index % len(known_projects)] if known_projects else None
            locale = project.locale if project else LOCALES[index % len(LOCALES)]
            model, outcome = self.model_of(index, locale), Status.SUCCEEDED
            if index % CYCLE == FAILS_AT and broken and broken[0].locale == locale:
                model, outcome = broken[0], Status.FAILED
            created = self.start - age * DAY
            after = min(model.work.done_at + (1 + index * 7 % 60) * DAY, self.start - (1 + index % 9) * DAY)
            once_deployable = max(created, after) if age else created
            work = Work(started=once_deployable, seconds=self.options.deploy_seconds, outcome=outcome)
            self.endpoint(index, model, project, created, work)

    def model_of(self, index: int, locale: str) -> Model:
        """One that can be used for long, or that of EXPIRES_AT."""
        expiring = self.expiring.get(EXPIRES_AT.get(index % CYCLE, ""))
        if expiring and expiring.locale == locale:
            return expiring
        custom, base = self.usable[locale]
        return self.rng.choice(base if not custom or self.rng.random() < BASE_SHARE else custom)

    @cached_property
    def expiring(self) -> dict[str, Model]:
        """Those of MODEL_PLANS that expire soon or have expired, by locale and quarters."""
        plans = zip(MODEL_PLANS, self.world.custom_models.values(), strict=False)
        return {f"{plan.locale} {plan.quarters}": model for plan, model in plans if plan.expires is not None}

    @cached_property
    def usable(self) -> dict[str, tuple[list[Model], list[Model]]]:
        """By locale, the custom and the base models that can be deployed and used for months."""
        every = (*self.world.custom_models.values(), *self.world.base_models.values())
        good = [model for model in every if self.is_usable(model)]
        return {
            locale: (
                [model for model in good if model.locale == locale and not model.base],
                [model for model in good if model.locale == locale and model.base],
            )
            for locale in LOCALES
        }

    def is_usable(self, model: Model) -> bool:
        trained = model.work.at(self.start)[0] is Status.SUCCEEDED
        fit = model.supports_endpoints and not model.breaks_on_deploy
        return trained and fit and model.transcription_until > self.start + MONTHS

    def endpoint(self, index: int, model: Model, project: Project | None, created: float, work: Work) -> None:
        place, description = PLACES[index % len(PLACES)]
        turn = index // len(PLACES)
        logging = index % 5 in LOGS_AT
        succeeds = work.outcome is Status.SUCCEEDED
        endpoint = Endpoint(
            id=self.id(),
            name=f"{place} {turn + 1}" if turn else place,
            locale=model.locale,
            model=model.id,
            created=created,
            work=work,
            description=description,
            project=project.id if project else None,
            logging=logging,
            logs_from=max(self.start, work.done_at) if logging and succeeds else None,
        )
        self.world.add(endpoint)
