"""What a browser keeps of the pages is cleared when a person signs out."""

import pytest
from django.urls import set_script_prefix


@pytest.mark.parametrize(("prefix", "cleared"), [(None, '"cache", "storage"'), ("/speech", '"cache"')])
def test_signing_out_clears_what_the_browser_keeps(alice, settings, prefix, cleared):
    settings.FORCE_SCRIPT_NAME = prefix
    set_script_prefix(f"{prefix or ''}/")  # which a server does for each request, and the test client does not
    try:
        answer = alice.post("/sign-out/")
    finally:
        set_script_prefix("/")
    assert answer.status_code == 302
    assert answer["Clear-Site-Data"] == cleared


def test_other_pages_and_refused_requests_clear_nothing(alice):
    assert "Clear-Site-Data" not in alice.get("/endpoints/")
    assert "Clear-Site-Data" not in alice.get("/sign-out/")
