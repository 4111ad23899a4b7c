"""What a person is told when a form is refused, and what the log says of a refused request."""

import pytest
from django.test import Client

from endpoints.access import permissions
from tests.lines import written


@pytest.fixture
def stranger():
    return Client(enforce_csrf_checks=True)


def test_a_form_of_an_untrusted_origin_names_the_origin_and_the_settings(stranger, db):
    answer = stranger.post("/sign-in/", {}, headers={"Origin": "https://speech.example.com"})
    page = answer.content.decode()
    assert answer.status_code == 403
    for word in ("https://speech.example.com", "http://testserver", "CSRF_TRUSTED_ORIGINS", "HTTPS=true"):
        assert f"<code>{word}</code>" in page
    assert "reload the page" not in page


def test_a_proxy_that_drops_the_port_is_named_by_the_referer(stranger, db, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = {"Host": "testserver", "Referer": "https://testserver:8443/sign-in/", "X-Forwarded-Proto": "https"}
    page = stranger.post("/sign-in/", {}, headers=headers).content.decode()
    assert "<code>https://testserver:8443</code>" in page
    assert "<code>https://testserver</code>" in page


def test_a_browser_that_hides_where_a_form_comes_from_is_told_so(stranger, db, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    page = stranger.post("/sign-in/", {}, headers={"X-Forwarded-Proto": "https"}).content.decode()
    assert "send the Origin or Referer header" in page


def test_an_origin_is_shown_as_text(stranger, db):
    page = stranger.post("/sign-in/", {}, headers={"Origin": "https://<b>x"}).content.decode()
    assert "https://&lt;b&gt;x" in page


@pytest.mark.parametrize("typed", [{}, {"csrfmiddlewaretoken": "x" * 64}])
def test_a_form_that_has_expired_asks_to_reload(stranger, db, typed):
    answer = stranger.post("/sign-in/", typed, headers={"Origin": "http://testserver"})
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()
    assert "CSRF_TRUSTED_ORIGINS" not in answer.content.decode()


@pytest.fixture
def log():
    with written() as lines:
        yield lines


def test_a_request_without_permission_is_one_line_in_the_log(nemo, log):
    assert nemo.get("/models/").status_code == 403
    assert " INFO speechstudio.requests: GET /models/ status=403 " in log.getvalue()
    assert log.getvalue().count("\n") == 1


def test_a_page_that_is_not_there_is_one_line_in_the_log(nemo, log):
    assert nemo.get("/nowhere/").status_code == 404
    assert " INFO speechstudio.requests: GET /nowhere/ status=404 " in log.getvalue()
    assert log.getvalue().count("\n") == 1


def test_a_wrong_host_is_named_in_a_line_before_that_of_the_request(stranger, db, log):
    assert stranger.get("/sign-in/", headers={"Host": "elsewhere.example.com"}).status_code == 400
    why, request = log.getvalue().splitlines()
    assert " WARNING django.security.DisallowedHost: Invalid HTTP_HOST header: 'elsewhere.example.com'" in why
    assert " GET /sign-in/ status=400 " in request


def test_a_request_that_fails_has_its_traceback_in_the_log(nemo, log, monkeypatch):
    def broken(*_arguments):
        raise LookupError("no such thing")

    monkeypatch.setattr(permissions, "scope", broken)
    nemo.raise_request_exception = False
    assert nemo.get("/models/").status_code == 500
    assert "LookupError: no such thing" in log.getvalue()
