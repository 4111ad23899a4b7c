"""Lists: pages, filters, projects, models."""

from __future__ import annotations

import pytest

from .conftest import Service


def test_pages_contain_every_endpoint_once_in_order_of_creation(service: Service) -> None:
    service.reset(endpoints=25)
    whole = service.every("/endpoints")
    parts = service.every("/endpoints?top=7")
    assert [one["self"] for one in parts] == [one["self"] for one in whole]
    assert len({one["self"] for one in whole}) == 25
    assert [one["createdDateTime"] for one in whole] == sorted(one["createdDateTime"] for one in whole)


def test_a_page_has_at_most_a_hundred_items_and_the_last_no_next_link(service: Service) -> None:
    service.reset(endpoints=150)
    first = service.get("/endpoints", top=1000)
    assert len(first["values"]) == 100
    last = service.get(first["@nextLink"])
    assert len(last["values"]) == 50
    assert "@nextLink" not in last


def test_the_next_link_keeps_the_filter(service: Service) -> None:
    service.reset(endpoints=40)
    found = service.every("/endpoints?top=3&filter=locale eq 'de-DE'")
    assert len(found) == 20
    assert {one["locale"] for one in found} == {"de-DE"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("displayName eq 'b'", "b"),
        ("displayName ne 'b'", "ac"),
        ("displayName eq 'a' or displayName eq 'c'", "ac"),
        ("not displayName eq 'a' and locale eq 'en-US'", "bc"),
        ("not (displayName eq 'a' or displayName eq 'b')", "c"),
        ("displayName eq 'a' or displayName eq 'b' and status eq 'Failed'", "a"),
        ("status eq 'NotStarted'", "abc"),
        ("description eq 'it''s (and) fine'", "c"),
        ("createdDateTime gt 2001-01-01T00:00:00Z", "abc"),
        ("lastActionDateTime le 2001-01-01T00:00:00Z", ""),
        ("createdDateTime lt 2001-01-01T00:00:00Z or displayName eq 'a'", "a"),
    ],
)
def test_a_filter_returns_matching_entities(service: Service, text: str, expected: str) -> None:
    for name in "abc":
        service.deploy(displayName=name, description="it's (and) fine" if name == "c" else "plain")
    found = service.get("/endpoints", filter=text)["values"]
    assert "".join(one["displayName"] for one in found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "color eq 'red'",
        "displayName",
        "displayName eq",
        "displayName eq red",
        "displayName gt 'a'",
        "createdDateTime gt 'yesterday'",
        "createdDateTime gt yesterday",
        "(displayName eq 'a'",
        "displayName eq 'a' displayName eq 'b'",
        "displayName eq 'a",
        "properties.loggingEnabled eq 'true'",
        "not " * 200 + "displayName eq 'a'",
    ],
)
def test_an_invalid_filter_is_refused(service: Service, text: str) -> None:
    assert service.error_of("GET", "/endpoints", params={"filter": text}) == (400, "UnsupportedFilter")


@pytest.mark.parametrize("query", ["top=0", "top=-1", "top=x", "skip=-1", "skip=99999999999"])
def test_invalid_numbers_are_refused(service: Service, query: str) -> None:
    assert service.error_of("GET", f"/endpoints?{query}") == (400, "InvalidParameterValue")


def test_custom_and_base_models_are_two_lists(service: Service) -> None:
    custom, base = service.every("/models"), service.every("/models/base")
    assert len(custom) == 9
    assert {one["locale"] for one in base} == {"en-US", "de-DE", "en-GB", "fr-FR", "es-ES"}
    assert all("/models/base/" in one["self"] for one in base)
    assert not any("/models/base/" in one["self"] for one in custom)
    assert all("adaptationDateTime" in one["properties"]["deprecationDates"] for one in base)
    for model in (custom[0], base[0]):
        assert service.get(model["self"]) == model


def test_only_custom_models_have_retry_after(service: Service) -> None:
    assert service.http.get("/models").headers["retry-after"] == "2"
    assert "retry-after" not in service.http.get("/models/base").headers
    assert service.http.get(service.model("Hotline, next release")["self"]).headers["retry-after"] == "2"


def test_a_model_in_training_succeeds_later(service: Service) -> None:
    assert service.model("Hotline, next release")["status"] == "Running"
    service.advance(41)
    assert service.model("Hotline, next release")["status"] == "Succeeded"


def test_a_model_can_be_renamed(service: Service) -> None:
    model = service.model("Call center")
    change = {"displayName": "New name", "description": "Words", "customProperties": {"Purpose": None, "mark": "x"}}
    changed = service.http.patch(model["self"], json=change).json()
    assert (changed["displayName"], changed["description"]) == ("New name", "Words")
    assert changed["customProperties"] == {"PortalAPIVersion": "3", "mark": "x"}


def test_a_model_in_use_cannot_be_deleted(service: Service) -> None:
    endpoint = service.deployed()
    model = endpoint["model"]["self"]
    assert service.error_of("DELETE", model) == (409, "InUseViolation")
    other = service.get("/models", skip=1, top=1)["values"][0]["self"]
    service.http.patch(endpoint["self"], json={"model": {"self": other}}).raise_for_status()
    assert service.error_of("DELETE", model) == (409, "InUseViolation"), "it is in service still"
    service.advance(30)
    assert service.http.delete(model).status_code == 204
    assert service.http.get(model).status_code == 404
    assert service.http.delete(model).status_code == 204, "deleted, or did not exist"


def test_a_base_model_cannot_be_deleted_or_changed(service: Service) -> None:
    address = service.every("/models/base")[0]["self"]
    assert service.http.delete(address).status_code == 405
    assert service.http.patch(address, json={}).status_code == 405


def test_a_project_counts_its_endpoints_and_models(service: Service) -> None:
    service.reset(endpoints=10)
    for project in service.every("/projects"):
        counts = project["properties"]
        assert counts["endpointCount"] == len(service.every(project["links"]["endpoints"])) == 5
        assert counts["modelCount"] == len(service.every(project["links"]["models"] + "?top=1")) > 0
        for endpoint in service.every(project["links"]["endpoints"]):
            assert endpoint["project"]["self"] == project["self"]


def test_a_project_is_created_changed_and_deleted(service: Service) -> None:
    made = service.http.post("/projects", json={"displayName": "P", "locale": "de-DE", "description": "Words"})
    assert made.status_code == 201
    address = made.headers["location"]
    endpoint = service.deployed(project={"self": address})
    changed = service.http.patch(address, json={"displayName": "Q", "locale": "en-US"}).json()
    assert (changed["displayName"], changed["locale"]) == ("Q", "de-DE")
    assert changed["properties"]["endpointCount"] == 1
    assert service.http.delete(address).status_code == 204
    assert service.http.delete(address).status_code == 204
    assert "project" not in service.get(endpoint["self"])


def test_a_switch_requires_projects_of_the_same_locale(service: Service) -> None:
    service.reset(switches={"project_locale": "same"})
    german = {"self": service.get("/projects", filter="locale eq 'de-DE'")["values"][0]["self"]}
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body(project=german)) == (400, "InvalidProject")


@pytest.mark.parametrize("noun", ["endpoints", "models", "projects"])
def test_locales_are_a_list_of_names(service: Service, noun: str) -> None:
    assert "en-US" in service.http.get(f"/{noun}/locales").json()
