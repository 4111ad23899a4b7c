"""The world at its start. The same options give the same ids and names.

All dates lie relative to the start, so that what is about to expire stays about to expire; names that carry a date
follow the service's quarter in which the world starts.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime

from msgspec import Struct

from ..options import Options
from ..rules.training import breaks
from .entities import DAY, Endpoint, Model, Project, Status, Work
from .quarters import quarter_end
from .seed_projects import furnish
from .world import World

LOCALES = ("en-US", "de-DE", "en-GB", "fr-FR", "es-ES")
PROJECTS = (
    ("en-US", "Contoso call centre", "Call centre"),
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
FAR = 500 * DAY
LOGGING_SHARE, BASE_SHARE = 0.4, 0.1
CYCLE, FAILS_AT, RUNS_AT = 40, (6, 28), 9  # of forty endpoints two have failed and one has just begun


class Plan(Struct, frozen=True, kw_only=True):
    """One custom model to be: where, what name, when it expires (days from the start; None: on a far quarter end)."""

    locale: str
    name: str
    quarters: int = 0
    expires: float | None = None
    outcome: Status = Status.SUCCEEDED
    running: bool = False
    endpoints: bool = True
    breaks: bool = False


PLANS = (
    Plan(locale="en-US", name="Call centre {month}"),
    Plan(locale="en-US", name="Call centre {month}", quarters=-1, expires=75),
    Plan(locale="de-DE", name="Hotline {month}", quarters=-2, expires=20),
    Plan(locale="en-US", name="Call centre {month}", quarters=-8, expires=-10),
    Plan(locale="en-US", name="Broken adaptation test", quarters=-3, breaks=True),
    Plan(locale="de-DE", name="Hotline, noisy lines", outcome=Status.FAILED),
    Plan(locale="de-DE", name="Hotline, next release", running=True),
    Plan(locale="en-US", name="Call centre, batch only", endpoints=False),
)


def planted(options: Options, started: float | None = None) -> World:
    """A new world."""
    world = World(options, started=started)
    _Seeding(world).all()
    return world


class _Seeding:
    def __init__(self, world: World) -> None:
        self.world = world
        self.options = world.options
        self.start = world.started
        self.chance = random.Random(world.options.seed)  # noqa: S311 - not a secret

    def all(self) -> None:
        self.base_models()
        if self.options.world == "demo":
            self.projects()
            self.custom_models()
            furnish(self.world)
        self.endpoints()

    def id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))

    def base_models(self) -> None:
        """Three of en-US and de-DE, two of the others; names are release dates (service-facts 7)."""
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
        homes = list(self.world.projects.values())
        for index in range(self.options.models):
            if index < len(PLANS):
                plan = PLANS[index]
                fitting = [home for home in homes if home.locale == plan.locale]
            else:
                turn = index - len(PLANS)
                fitting = [homes[turn % len(homes)]] if homes else []
                locale = fitting[0].locale if fitting else LOCALES[0]
                words = next(short for place, _, short in PROJECTS if place == locale)
                plan = Plan(locale=locale, name=f"{words} {{month}} {turn + 1}", quarters=-(turn % 6))
                if turn % 5 == 4:
                    plan = Plan(locale=locale, name=plan.name, quarters=-7, expires=10.0 + turn % 70)
            self.custom_model(index, plan, fitting[0] if fitting else None)

    def custom_model(self, index: int, plan: Plan, home: Project | None) -> None:
        finished = quarter_end(self.start, plan.quarters - 1) - 20.4 * DAY + index * 540
        work = Work(started=finished - 5400, seconds=5400, outcome=plan.outcome)
        if plan.running:
            # Running from the first moment on, done after twice the time that a deployment takes
            length = self.options.deploy_seconds
            work = Work(started=self.start - 0.5 * length, seconds=2.5 * length)
        name = plan.name.format(month=datetime.fromtimestamp(finished, UTC).strftime("%Y-%m"))
        far = quarter_end(max(finished, self.start - 180 * DAY), 8)
        base = self.world.newest_base(plan.locale)
        model = Model(
            id=self.id(),
            base=False,
            name=name,
            locale=plan.locale,
            created=work.started,
            work=work,
            transcription_until=far if plan.expires is None else self.start + plan.expires * DAY,
            supports_endpoints=plan.endpoints,
            breaks_on_deploy=plan.breaks or breaks(name),
            base_model=base.id if base else None,
            project=home.id if home else None,
            custom={"PortalAPIVersion": "3", "Purpose": ""} if index % 3 == 0 else {},
        )
        self.world.custom_models[model.id] = model

    def endpoints(self) -> None:
        """Mostly Succeeded; some log, some run on models that expire, some failed, some have just begun."""
        count = self.options.endpoints
        if not count:
            return
        homes = list(self.world.projects.values())
        fits = {locale: self.deployed(locale) for locale in LOCALES}
        broken = [model for model in self.world.custom_models.values() if model.breaks_on_deploy]
        longest = 6.0 if self.options.tier == "F0" else 400.0
        ages = [0.0 if index % CYCLE == RUNS_AT else self.chance.uniform(0.5, longest) for index in range(count)]
        for index, age in sorted(enumerate(ages), key=lambda one: -one[1]):
            home = homes[index % len(homes)] if homes else None
            locale = home.locale if home else LOCALES[index % len(LOCALES)]
            custom, base = fits[locale]
            model = self.chance.choice(base if not custom or self.chance.random() < BASE_SHARE else custom)
            outcome = Status.SUCCEEDED
            if index % CYCLE in FAILS_AT and broken and broken[0].locale == locale:
                model, outcome = broken[0], Status.FAILED
            created = self.start - age * DAY
            deployed = max(created, min(model.work.done_at + DAY, self.start - DAY)) if age else created
            work = Work(started=deployed, seconds=self.options.deploy_seconds, outcome=outcome)
            self.endpoint(index, model, home, created, work)

    def deployed(self, locale: str) -> tuple[list[Model], list[Model]]:
        """Custom and base models of a locale that were deployable once."""
        custom = [
            model
            for model in self.world.custom_models.values()
            if model.locale == locale
            and model.supports_endpoints
            and not model.breaks_on_deploy
            and model.work.at(self.start)[0] is Status.SUCCEEDED
        ]
        return custom, [model for model in self.world.base_models.values() if model.locale == locale]

    def endpoint(self, index: int, model: Model, home: Project | None, created: float, work: Work) -> None:
        place, words = PLACES[index % len(PLACES)]
        turn = index // len(PLACES)
        logging = self.chance.random() < LOGGING_SHARE
        succeeds = work.outcome is Status.SUCCEEDED
        endpoint = Endpoint(
            id=self.id(),
            name=f"{place} {turn + 1}" if turn else place,
            locale=model.locale,
            model=model.id,
            created=created,
            work=work,
            description=words,
            project=home.id if home else None,
            logging=logging,
            logs_from=max(self.start, work.done_at) if logging and succeeds else None,
        )
        self.world.add(endpoint)
