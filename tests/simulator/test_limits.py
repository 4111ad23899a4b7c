"""The service's limits: the last value that is accepted and the first that is not."""

from __future__ import annotations

import pytest

from .conftest import Service

DAY = 86_400


def test_a_hundred_requests_in_ten_seconds_are_the_limit(service: Service) -> None:
    answers = [service.http.get("/projects/locales").status_code for _ in range(100)]
    assert set(answers) == {200}
    refused = service.http.get("/projects/locales")
    assert refused.status_code == 429
    wait = int(refused.headers["retry-after"])
    service.advance(wait)
    assert service.http.get("/projects/locales").status_code == 200


def test_all_versions_share_one_rate_limit(service: Service) -> None:
    service.reset(rate_limit="2/10")
    assert service.http.get("/endpoints").status_code == 200
    with service.later("2025-10-15") as later:
        assert later.http.get("/endpoints").status_code == 200
        assert later.http.get("/endpoints").status_code == 429


def test_fifty_endpoints_fit_in_a_standard_resource(service: Service) -> None:
    service.reset(endpoints=49)
    service.deploy()
    assert service.error_of("POST", "/endpoints", json=service.endpoint_body()) == (409, "QuotaViolation")


@pytest.mark.parametrize("noun", ["endpoints", "models", "projects"])
def test_ten_custom_properties_of_64_and_256_characters(service: Service, noun: str) -> None:
    fitting = {f"{index:064}": "v" * 256 for index in range(10)}
    body = {
        "displayName": "P",
        "locale": "en-US",
        "text": "Words",
        **(service.endpoint_body() if noun == "endpoints" else {}),
    }
    made = service.http.post(f"/{noun}", json=body | {"customProperties": fitting})
    assert made.json()["customProperties"] == fitting
    for wrong in (fitting | {"one": "more"}, {"k" * 65: "v"}, {"k": "v" * 257}):
        refused = service.error_of("POST", f"/{noun}", json=body | {"customProperties": wrong})
        assert refused == (400, "InvalidParameterValue")


@pytest.mark.parametrize(("life", "days"), [("P31D", 31), ("PT1H", 1 / 24), ("P1DT12H", 1.5)])
def test_time_to_live_is_exact_to_the_second(service: Service, life: str, days: float) -> None:
    service.reset(deploy_seconds=0)
    endpoint = service.deploy(properties={"timeToLive": life})
    service.advance(days * DAY - 5)
    assert service.http.get(endpoint["self"]).status_code == 200
    service.advance(10)
    assert service.http.get(endpoint["self"]).status_code == 404


@pytest.mark.parametrize("life", ["P31DT1S", "P2M", "P1Y"])
def test_time_to_live_has_31_days_at_most(service: Service, life: str) -> None:
    endpoint_body = service.endpoint_body(properties={"timeToLive": life})
    assert service.error_of("POST", "/endpoints", json=endpoint_body) == (400, "InvalidTimeToLive")


def test_an_endpoint_without_time_to_live_does_not_expire(service: Service) -> None:
    endpoint = service.deploy(properties={"timeToLive": "PT0S"})
    service.advance(400 * DAY)
    assert service.http.get(endpoint["self"]).status_code == 200


def test_a_content_url_is_valid_as_requested_or_for_twelve_hours(service: Service) -> None:
    service.reset(logs=1, log_bytes=1000)
    logs = service.deployed(properties={"loggingEnabled": True})["links"]["logs"]
    short = service.get(logs, sasValidityInSeconds=30)["values"][0]["links"]["contentUrl"]
    usual = service.get(logs)["values"][0]["links"]["contentUrl"]
    assert service.open.get(short).status_code == 200
    service.advance(32)
    assert service.open.get(short).status_code == 403
    service.advance(12 * 3600 - 60)
    assert service.open.get(usual).status_code == 200
    service.advance(60)
    assert service.open.get(usual).status_code == 403
