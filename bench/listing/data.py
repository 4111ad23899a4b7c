"""Tables of endpoints that differ in their length only."""

import random
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.utils import timezone

from endpoints.models import Endpoint, Project, Resource, SpeechModel, Status, Sweep
from endpoints.models.model import ModelKind

SIZES = (100, 1_000, 10_000, 100_000)
PERSON = "bench"
IN_A_RESOURCE = 50  # what the service allows
MODELS, PROJECTS = 200, 40
YEARS = timedelta(days=3 * 365)
LOCALES = ("en-US",) * 12 + ("de-DE", "fr-FR", "es-ES", "ja-JP", "en-GB", "pt-BR", "it-IT", "ko-KR")
PLACES = ("Berlin", "Dublin", "Lyon", "Osaka", "Porto", "Seattle", "Sevilla", "Torino")
USES = ("Call center", "Captions", "Dictation", "Hotline", "Kiosk", "Meetings", "Voice bot", "Voice mail")
COMMON, RARE = "customer", "zeppelin"  # in every second description; in RARE_TIMES of them, whatever their number
RARE_TIMES = 40
CHUNK = 5_000


def build(count: int) -> None:
    """Fill the database, which is new, with `count` endpoints."""
    chance = random.Random(count)
    now = timezone.now()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA cache_size = -400000")  # KiB, until the connection is closed
    with transaction.atomic():
        person = get_user_model().objects.create_superuser(PERSON)
        person.groups.add(Group.objects.get(name="admin"))
        Sweep.objects.create(pk=1, at=now + timedelta(days=1))  # a worker is running, as long as this takes
        resources = Resource.objects.bulk_create(
            Resource(name=f"Contoso Speech {n:04}", region="eastus", mirrored_at=now, cataloged_at=now)
            for n in range(-(-count // IN_A_RESOURCE))
        )
        projects = Project.objects.bulk_create(
            _project(n, resources[n % len(resources)], now) for n in range(min(PROJECTS, count))
        )
        models = SpeechModel.objects.bulk_create(_model(n, resources[n % len(resources)], now) for n in range(MODELS))
        rows = _endpoints(count, resources, projects, models, now, chance)
        while chunk := list(islice(rows, CHUNK)):
            insert(chunk)
    connection.close()


def insert(rows: list[Any]) -> None:
    """What bulk_create does for rows of one table, in one statement for all instead of one for each forty."""
    about = rows[0]._meta
    fields = [field for field in about.concrete_fields if not field.generated]
    columns, values = ", ".join(str(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {about.db_table} ({columns}) VALUES ({values})",  # noqa: S608 (our own names)
            [[field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields] for row in rows],
        )


def _project(n: int, resource: Resource, now: datetime) -> Project:
    return Project(
        resource=resource,
        remote_id=str(uuid.uuid4()),
        display_name=f"{USES[n % len(USES)]} {PLACES[n % len(PLACES)]}",
        locale=LOCALES[n % len(LOCALES)],
        created_at=now - YEARS,
    )


def _model(n: int, resource: Resource, now: datetime) -> SpeechModel:
    """They expire from a hundred days ago to 900 days from now, one after the other."""
    born = now - YEARS * n / MODELS
    base = n % 10 == 0
    return SpeechModel(
        resource=resource,
        remote_id=str(uuid.uuid4()),
        kind=ModelKind.BASE if base else ModelKind.CUSTOM,
        display_name=f"{born:%Y%m%d} Batch Transcription" if base else f"{USES[n % len(USES)]} {born:%Y-%m} v{n}",
        locale=LOCALES[n % len(LOCALES)],
        status=Status.SUCCEEDED,
        supports_endpoints=True,
        expires_at=now + timedelta(days=900 - 1000 * n / MODELS),
        created_at=born,
    )


def _endpoints(
    count: int,
    resources: list[Resource],
    projects: list[Project],
    models: list[SpeechModel],
    now: datetime,
    chance: random.Random,
) -> Iterator[Endpoint]:
    rare = max(1, count // RARE_TIMES)
    # Filled in another order than the list is read in. The numbers grow, because SQLite's indexes of words take much
    # longer for any that do not.
    numbers = sorted(chance.sample(range(2**62), count))
    for number, n in zip(numbers, chance.sample(range(count), count), strict=True):
        model = chance.choice(models)
        created = now - YEARS * (count - n) / count
        place, use = chance.choice(PLACES), chance.choice(USES)
        said = f"{COMMON.capitalize()} calls of {place}" if n % 2 else f"Recordings of {place}, {use.lower()}"
        yield Endpoint(
            number=number,
            resource=resources[n // IN_A_RESOURCE],
            remote_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            display_name=f"{use} {place} {n + 1}",
            description=f"{said}, {RARE}" if n % rare == 0 and n // rare < RARE_TIMES else said,
            locale=chance.choice(LOCALES),
            model=model,
            **model.for_endpoint,
            project=projects[n % len(projects)] if n % 10 else None,
            # On any two pages that follow each other two rows have failed and one is running.
            status={0: Status.FAILED, 25: Status.FAILED, 75: Status.RUNNING}.get(n % 100, Status.SUCCEEDED),
            error="The model could not be loaded." if n % 100 in (0, 25) else "",
            logging_enabled=chance.random() < 0.3,
            created_at=created,
            last_action_at=created + timedelta(minutes=chance.randint(3, 30)),
        )
