"""The document of the API."""

import subprocess
import sys

import pytest

from tests.demo import ROOT


def test_the_document_is_openapi_3_1_and_open_to_everybody(client, db):
    found = client.get("/api/v1/openapi.json").json()
    assert found["openapi"].startswith("3.1")
    assert {"get", "post"} <= found["paths"]["/api/v1/endpoints"].keys()
    names = [one["operationId"] for methods in found["paths"].values() for one in methods.values()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("module", ["speechstudio.urls", "endpoints.tasks", "endpoints.pages.api_docs"])
def test_only_web_processes_load_what_the_api_is_made_with(module):
    code = f"import django, sys; django.setup(); import {module}; sys.exit('ninja' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_the_documentation_is_served_from_files_that_are_installed(alice):
    page = alice.get("/api/docs/").content.decode()
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert f"/api/docs/{name}" in page
        assert len(alice.get(f"/api/docs/{name}").content) > 100_000
    assert alice.get("/api/docs/settings.py").status_code == 404
