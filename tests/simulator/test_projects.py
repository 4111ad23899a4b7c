"""What a project contains, with its counts and filters."""

from __future__ import annotations

from datetime import datetime

import pytest

from .conftest import Service

NOUNS = ("datasets", "evaluations", "transcriptions", "models", "endpoints")


def test_a_project_has_the_counts_of_its_lists(service: Service) -> None:
    service.reset(endpoints=10)
    for project in service.every("/projects"):
        for noun in NOUNS:
            listed = service.every(f"{project['links'][noun]}?top=2")
            assert project["properties"][f"{noun[:-1]}Count"] == len(listed) > 0
            assert all(one["project"] == {"self": project["self"]} for one in listed)
            assert all(one["locale"] == project["locale"] for one in listed)


def test_projects_listdatasets_returns_kinds_lines_and_durations(service: Service) -> None:
    project = service.every("/projects")[0]
    datasets = service.every(project["links"]["datasets"])
    assert {one["kind"] for one in datasets} == {"Acoustic", "Language", "Pronunciation"}
    done = next(one for one in datasets if one["kind"] == "Acoustic")
    assert done["properties"]["duration"].startswith("PT")
    assert done["properties"]["acceptedLineCount"] > 0
    failed = next(one for one in datasets if one["status"] == "Failed")
    assert failed["properties"]["error"]["code"]


def test_projects_listevaluations_has_rates_consistent_with_its_counts(service: Service) -> None:
    project = service.every("/projects")[0]
    (evaluation,) = service.every(project["links"]["evaluations"])
    properties = evaluation["properties"]
    for number in (1, 2):
        wrong = sum(properties[f"word{kind}Count{number}"] for kind in ("Substitution", "Deletion", "Insertion"))
        assert properties[f"wordErrorRate{number}"] == pytest.approx(wrong / properties[f"wordCount{number}"], abs=1e-4)
    datasets = {one["self"] for one in service.every(project["links"]["datasets"])}
    assert evaluation["dataset"]["self"] in datasets
    assert service.get(evaluation["model1"]["self"])["locale"] == project["locale"]


def test_projects_listtranscriptions_name_model_and_dataset(service: Service) -> None:
    project = service.every("/projects")[0]
    for transcription in service.every(project["links"]["transcriptions"]):
        assert service.get(transcription["model"]["self"])["locale"] == project["locale"]
        assert transcription["properties"]["duration"] == "PT60M40S"


@pytest.mark.parametrize("noun", NOUNS)
def test_all_lists_of_a_project_support_the_common_filters(service: Service, noun: str) -> None:
    service.reset(endpoints=10)
    address = service.every("/projects")[0]["links"][noun]
    whole = service.every(address)
    first = whole[0]
    for name in ("displayName", "status", "locale", "createdDateTime", "lastActionDateTime"):
        value = first[name] if name.endswith("DateTime") else f"'{first[name]}'"
        found = service.get(address, filter=f"{name} eq {value}")["values"]
        assert [one["self"] for one in found] == [one["self"] for one in whole if one[name] == first[name]]
    moment = datetime.fromisoformat(first["createdDateTime"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = service.get(address, filter=f"not (createdDateTime le {moment})")["values"]
    assert first["self"] not in {one["self"] for one in later}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/endpoints", "kind eq 'x'"),
        ("/endpoints", "customProperties eq 'x'"),
        ("/models", "project eq 'x'"),
        ("/models/base", "kind eq 'x'"),
        ("/models/base", "name eq 'x'"),
        ("/projects", "status eq 'Succeeded'"),
        ("/projects", "lastActionDateTime gt 2024-01-01T00:00:00Z"),
        ("/projects", "foundryProjectName eq 'x'"),
        ("evaluations", "kind eq 'x'"),
        ("transcriptions", "model eq 'x'"),
        ("datasets", "contentUrl eq 'x'"),
        ("datasets", "kind gt 'Language'"),
    ],
)
def test_a_filter_by_another_property_is_refused(service: Service, path: str, text: str) -> None:
    address = path if path.startswith("/") else service.every("/projects")[0]["links"][path]
    assert service.error_of("GET", address, params={"filter": text}) == (400, "UnsupportedFilter")


def test_datasets_are_filterable_by_kind(service: Service) -> None:
    address = service.every("/projects")[0]["links"]["datasets"]
    found = service.get(address, filter="kind eq 'Language' or kind eq 'Acoustic'")["values"]
    assert {one["kind"] for one in found} == {"Language", "Acoustic"}


def test_entities_of_a_deleted_project_stay(service: Service) -> None:
    project = service.every("/projects")[0]
    model = service.every(project["links"]["models"])[0]
    assert service.http.delete(project["self"]).status_code == 204
    assert "project" not in service.get(model["self"])
    assert service.http.get(project["links"]["datasets"]).status_code == 404
