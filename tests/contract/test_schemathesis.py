"""Valid and invalid requests generated from the contract: no 500, and no response that violates the contract.

SCHEMATHESIS_EXAMPLES (6, with --long 25) is the number of valid requests for each operation of v3.2. There are a third
as many invalid ones, and a quarter as many of both for the later versions, which share most of their code with it.
"""

from __future__ import annotations

import os
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation, BaseSchema

from endpoints.contract import VERSIONS, base_path, dated, describe
from tests.demo import PLAIN

from .conftest import KEY

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "6"))
NOUNS = ("endpoints", "models", "models/base", "projects", "webhooks")
WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
OPERATIONS = [
    pytest.param(version, method, path, id=f"{version} {operation['operationId']}")
    for version in VERSIONS
    for path, methods in describe(version)["paths"].items()
    for method, operation in methods.items()
]
load_all_checks()
CHECKED: Any = CHECKS.get_by_names(list(WANTED))


@pytest.fixture(scope="module")
def session() -> Any:
    with requests.Session() as session:
        session.headers["Ocp-Apim-Subscription-Key"] = KEY
        yield session


@pytest.fixture(scope="module")
def schemas(checked: str) -> dict[str, BaseSchema]:
    """The descriptions that the simulator serves."""
    found: dict[str, BaseSchema] = {}
    for version in VERSIONS:
        query = f"?api-version={version}" if dated(version) else ""
        found[version] = schemathesis.openapi.from_url(f"{checked}{base_path(version)}/openapi.json{query}")
    return found


def known_ids(url: str, version: str, path: str) -> list[str]:
    """Ids of existing entities for the path, so that not all requests are for missing ones."""
    noun = max((one for one in NOUNS if path.startswith(f"/{one}")), key=len, default="")
    if "{id}" not in path or not noun:
        return []
    query = {"api-version": version} if dated(version) else {}
    address = f"{url}{base_path(version)}/{noun}"
    headers = {"Ocp-Apim-Subscription-Key": KEY}
    page = httpx.get(address, params=query, headers=headers, verify=PLAIN).raise_for_status().json()
    return [httpx.URL(one["self"]).path.rpartition("/")[2] for one in page["values"]]


def generate_requests(
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    ids: list[str],
    session: requests.Session,
    examples: int,
) -> None:
    """Send some generated requests of one operation, the same ones in each run."""

    @seed(1)
    @settings(
        max_examples=max(1, examples),
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data())
    def call(data: st.DataObject) -> None:
        case = data.draw(operation.as_strategy(generation_mode=mode))
        known = data.draw(st.booleans())
        if ids and known:
            case.path_parameters["id"] = data.draw(st.sampled_from(ids))
        case.call_and_validate(session=session, checks=CHECKED)

    call()


@pytest.mark.parametrize(("version", "method", "path"), OPERATIONS)
def test_generated_requests_get_responses_that_follow_the_contract(
    url: str, session: requests.Session, schemas: dict[str, BaseSchema], version: str, method: str, path: str
) -> None:
    operation: APIOperation[Any, Any, Any, Any] = schemas[version][path][method]
    ids = known_ids(url, version, path)
    examples = EXAMPLES // 4 if dated(version) else EXAMPLES
    generate_requests(operation, GenerationMode.POSITIVE, ids, session, examples)
    described = describe(version)["paths"][path][method]
    plain = all(one["schema"] == {"type": "string"} for one in described["parameters"])
    if "requestBody" in described or not plain:  # otherwise any text is valid
        generate_requests(operation, GenerationMode.NEGATIVE, ids, session, examples // 3)
