"""The validation of traffic finds violations, and ignores what is invalid on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.contract.validators import contract
from tests.contract.violations import violations
from tests.demo import PLAIN

from .conftest import Caller

PATCH = "application/merge-patch+json"


@pytest.fixture
def fresh(checked: str) -> Iterator[str]:
    """A world with violations, which are cleared afterwards."""
    httpx.post(f"{checked}/_world/reset", json={"endpoints": 2, "rate_limit": "0/0"}, verify=PLAIN).raise_for_status()
    yield checked
    httpx.post(f"{checked}/_world/reset", json={}, verify=PLAIN).raise_for_status()


@pytest.fixture
def caller(fresh: str, http: httpx.Client) -> Caller:
    return Caller(fresh, "v3.2", http)


@pytest.mark.parametrize(
    ("operation", "body", "query", "words"),
    [
        ("Endpoints_List", None, {"limit": "3"}, "the query parameter limit is unknown"),
        ("Endpoints_List", None, {"skip": "many"}, "the query parameter skip is no integer: many"),
        ("Endpoints_List", None, {"top": "3000000000"}, "is greater than the maximum"),
        ("Endpoints_List", {"a": 1}, {}, "a body is sent where none belongs"),
        ("Endpoints_Create", {"displayName": "Line"}, {}, '"locale" is a required property'),
        (
            "Endpoints_Create",
            {"displayName": "L", "locale": "en-US", "status": "Running"},
            {},
            "'status' was unexpected",
        ),
        ("Endpoints_Create", {"displayName": "L", "locale": "en-US", "name": "L"}, {}, "'name' was unexpected"),
        ("Projects_Create", {"displayName": "", "locale": "en-US"}, {}, "displayName: "),
        ("WebHooks_Create", {"displayName": "H", "webUrl": "no address", "events": {}}, {}, "webUrl: "),
    ],
)
def test_an_invalid_request_of_our_client_is_reported(
    caller: Caller, operation: str, body: Any, query: dict[str, Any], words: str
) -> None:
    caller.call(operation, body, **query)
    assert [line for line in violations(caller.url) if line.startswith(f"request of {operation}") and words in line]


def test_the_logging_property_of_create_is_reported_in_an_update(caller: Caller) -> None:
    endpoint = caller.call_ok("Endpoints_List")["values"][0]
    for name in ("loggingEnabled", "contentLoggingEnabled"):
        caller.http.patch(endpoint["self"], json={"properties": {name: True}})
    (line,) = violations(caller.url)
    assert "'loggingEnabled' was unexpected" in line


def test_null_is_valid_in_merge_patches_only(caller: Caller) -> None:
    endpoint = caller.call_ok("Endpoints_List")["values"][0]
    body = b'{"description": null}'
    caller.http.patch(endpoint["self"], content=body, headers={"Content-Type": PATCH})
    assert violations(caller.url) == []
    caller.http.patch(endpoint["self"], content=body, headers={"Content-Type": "application/json"})
    assert "description: null is not of type" in violations(caller.url)[0]


def test_a_path_that_the_version_does_not_have_is_reported(caller: Caller) -> None:
    newer = f"{caller.url}/speechtotext"
    caller.http.get(f"{newer}/v3.2/datasets")
    caller.http.get(f"{newer}/projects?api-version=2024-11-15")
    caller.http.get(f"{newer}/endpoints?api-version=2019-01-01")
    assert [line.partition(",")[0] for line in violations(caller.url)] == ["request of no operation"] * 3


def test_a_missing_key_and_an_unknown_content_type_are_reported(caller: Caller) -> None:
    headers = {"User-Agent": "speechstudio/1", "Content-Type": "text/plain"}
    httpx.post(f"{caller.url}/speechtotext/v3.2/projects", content=b"{}", headers=headers, verify=PLAIN)
    lines = violations(caller.url)
    assert len(lines) == 2
    assert "neither a key nor a token" in lines[0]
    assert "'text/plain' is not taken" in lines[1]


def test_invalid_requests_of_other_clients_are_not_reported(fresh: str) -> None:
    assert httpx.get(f"{fresh}/speechtotext/v3.2/endpoints?limit=3", verify=PLAIN).status_code == 401
    assert httpx.get(f"{fresh}/speechtotext/v3.2/nothing", verify=PLAIN).status_code in (401, 404)
    assert violations(fresh) == []


def test_a_response_changed_by_a_fault_is_not_validated_but_its_request_is(caller: Caller) -> None:
    fault = {"times": None, "effect": {"body": {"values": 3, "color": "red"}}}
    httpx.post(f"{caller.url}/_world/faults", json=[fault], verify=PLAIN).raise_for_status()
    caller.call("Endpoints_List")
    assert violations(caller.url) == []
    caller.call("Endpoints_List", limit="3")
    assert len(violations(caller.url)) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"displayName": "L", "locale": "en-US", "status": "Paused"}, "status: "),
        ({"displayName": "L", "locale": "en-US", "createdDateTime": "yesterday"}, "createdDateTime: "),
        ({"displayName": "L", "locale": "en-US", "self": "no address"}, "self: "),
        ({"displayName": "L", "locale": "en-US", "expires": "soon"}, "'expires' was unexpected"),
        ({"displayName": "L"}, '"locale" is a required property'),
    ],
)
def test_a_response_is_validated_for_types_formats_values_and_names(answer: dict[str, Any], words: str) -> None:
    schema = {"$ref": "#/components/schemas/Endpoint"}
    right = {"displayName": "L", "locale": "en-US", "status": "Running", "createdDateTime": "2024-05-01T10:00:00Z"}
    assert contract("v3.2").replies.errors(schema, right) == []
    assert [line for line in contract("v3.2").replies.errors(schema, answer) if words in line]


def test_a_reset_clears_the_violations(caller: Caller) -> None:
    caller.call("Endpoints_List", limit="3")
    assert violations(caller.url)
    caller.control("reset")
    assert violations(caller.url) == []
    caller.call("Endpoints_List", limit="3")
    assert violations(caller.url, forget=True)
    assert violations(caller.url) == []
