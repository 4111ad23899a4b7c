"""The entities of a world at its start."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from endpoints.simulator.options import Options
from endpoints.simulator.world.entities import DAY, Status
from endpoints.simulator.world.seed import seeded_world
from endpoints.simulator.world.world import World

from .conftest import Json, Service

ENDS = {(1, 15), (4, 15), (7, 15), (10, 15)}


def days_left(model: Json) -> float:
    until = datetime.fromisoformat(model["properties"]["deprecationDates"]["transcriptionDateTime"])
    return (until - datetime.now(UTC)).total_seconds() / 86_400


def test_the_same_seed_gives_the_same_ids_and_names(service: Service) -> None:
    def seen(seed: int) -> list[tuple[str, str]]:
        service.reset(seed=seed, endpoints=20, models=12)
        nouns = ("/projects", "/models", "/models/base", "/endpoints")
        return [(one["self"], one["displayName"]) for noun in nouns for one in service.every(noun)]

    first = seen(7)
    assert seen(7) == first
    assert not {address for address, _ in seen(8)} & {address for address, _ in first}


def test_the_demo_world_has_models_in_all_states(service: Service) -> None:
    models = service.every("/models")
    assert {model["status"] for model in models} == {"Succeeded", "Failed", "Running"}
    assert any(not model["properties"]["features"]["supportsEndpoints"] for model in models)
    left = [days_left(model) for model in models]
    assert any(days < 0 for days in left)
    assert any(0 < days < 30 for days in left)
    assert any(30 < days < 90 for days in left)
    assert any(days > 365 for days in left)


def test_late_expirations_are_on_the_end_of_a_quarter(service: Service) -> None:
    for model in service.every("/models") + service.every("/models/base"):
        if days_left(model) > 100:
            until = datetime.fromisoformat(model["properties"]["deprecationDates"]["transcriptionDateTime"])
            assert (until.month, until.day) in ENDS


def test_the_first_two_english_models_can_be_deployed(service: Service) -> None:
    for model in service.get("/models", filter="locale eq 'en-US'", top=2)["values"]:
        assert service.deployed(model={"self": model["self"]})["status"] == "Succeeded"


def test_many_endpoints_are_distributed_over_projects_states_and_models(service: Service) -> None:
    service.reset(endpoints=120)
    endpoints = service.every("/endpoints")
    assert {endpoint["locale"] for endpoint in endpoints} == {"en-US", "de-DE"}
    counts = {
        status: sum(one["status"] == status for one in endpoints) for status in ("Succeeded", "Failed", "NotStarted")
    }
    assert counts["Succeeded"] > 100
    assert counts["Failed"] == 3
    assert counts["NotStarted"] == 3
    assert 20 < sum(endpoint["properties"]["loggingEnabled"] for endpoint in endpoints) < 80
    used = {endpoint["model"]["self"] for endpoint in endpoints}
    assert any("/models/base/" in address for address in used)
    assert any(days_left(service.get(address)) < 30 for address in used)


def test_a_large_world_is_created_and_paged_quickly(service: Service) -> None:
    service.reset(endpoints=20_000)
    last = service.http.get("/endpoints", params={"skip": 19_950, "filter": "displayName ne 'x'"})
    assert len(last.json()["values"]) == 50
    assert last.elapsed.total_seconds() < 1


def test_the_numbers_of_projects_and_models_are_as_given(service: Service) -> None:
    service.reset(projects=7, models=30)
    projects = service.every("/projects")
    assert [project["locale"] for project in projects[:5]] == ["en-US", "de-DE", "en-GB", "fr-FR", "es-ES"]
    assert len({project["displayName"] for project in projects}) == 7
    models = service.every("/models")
    assert len(models) == 30
    assert len({model["displayName"] for model in models}) == 30


def test_endpoints_of_the_start_world_log(service: Service) -> None:
    service.reset(endpoints=10, logs=2)
    for endpoint in service.every("/endpoints"):
        expected = 4 if endpoint["properties"]["loggingEnabled"] and endpoint["status"] == "Succeeded" else 0
        assert len(service.every(endpoint["links"]["logs"])) == expected


DATES = [
    "2026-11-29T12:00",
    "2028-02-29T00:00",
    "2026-12-31T23:59:59",
    "2027-01-01T00:00",
    "2027-01-15T00:00",
    "2027-01-16T00:00",
]


def world_on(date: str, **options: Any) -> World:
    return seeded_world(Options(**options), started=datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp())


def health(world: World) -> list[str]:
    """What is remarkable about each endpoint, in order; "good" when nothing is."""
    found = []
    for endpoint in world.endpoints.values():
        models = world.custom_models | world.base_models
        days = (models[endpoint.model].transcription_until - world.started) / DAY
        status = endpoint.work.at(world.started)[0]
        if status is not Status.SUCCEEDED:
            found.append("failed" if status is Status.FAILED else "deploying")
        else:
            found.append("expired" if days < 0 else "soon" if days < 90 else "good")
    return found


@pytest.mark.parametrize("date", DATES)
def test_the_demo_world_is_mostly_healthy_on_every_date(date: str) -> None:
    found = health(world_on(date, endpoints=40))
    counts = {word: found.count(word) for word in ("good", "soon", "expired", "failed", "deploying")}
    assert counts == {"good": 32, "soon": 5, "expired": 1, "failed": 1, "deploying": 1}


@pytest.mark.parametrize("date", DATES)
def test_the_demo_world_looks_the_same_on_every_date(date: str) -> None:
    then, usual = world_on(date, endpoints=40), world_on(DATES[0], endpoints=40)
    assert health(then) == health(usual)
    for noun in ("endpoints", "custom_models", "base_models", "projects"):
        assert list(getattr(then, noun)) == list(getattr(usual, noun))
    for one, other in zip(then.endpoints.values(), usual.endpoints.values(), strict=True):
        assert (one.name, one.model, one.logging) == (other.name, other.model, other.logging)
        assert then.started - one.created == pytest.approx(usual.started - other.created)
    for model in then.custom_models.values():
        assert len(model.name) == len(usual.custom_models[model.id].name)
        assert model.created < then.started


@pytest.mark.parametrize("count", [1, 2, 6])
def test_few_endpoints_have_logs_too(count: int) -> None:
    world = world_on(DATES[0], endpoints=count, logs=5000)
    first = next(one for one in world.endpoints.values() if one.logging)
    assert first.logs_from is not None
    assert first.work.at(world.started)[0] is Status.SUCCEEDED
