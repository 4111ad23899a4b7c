"""The Redis of CACHE_URL is away or doesn't respond: sign-in is closed and says so, and reading goes on."""

import socket
import time

import pytest
from django.test import Client

from speechstudio.environment import Environment

PASSWORD = "a long enough word"
TYPED = {"username": "bob", "password": PASSWORD}


@pytest.fixture(params=["refuses", "is silent"])
def away(request, settings):
    """A port where nobody listens, or where nobody answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if request.param == "is silent":
            listener.listen()
        url = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        settings.CACHES = {"default": Environment({"CACHE_URL": url}).cache("CACHE_URL")}
        yield


@pytest.mark.usefixtures("away")
def test_sign_in_is_closed_with_a_sentence_within_two_seconds_and_reading_goes_on(bob):
    begin = time.monotonic()
    answer = Client().post("/sign-in/", TYPED)
    assert time.monotonic() - begin < 2
    assert answer.status_code == 503
    assert "doesn't respond, so no one can sign in" in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert Client().get("/sign-in/").status_code == 200
    assert bob.get("/endpoints/").status_code == 200


@pytest.mark.usefixtures("away")
def test_passwords_and_second_factors_are_closed_too(bob):
    new = {"oldpassword": PASSWORD, "password1": "another long word", "password2": "another long word"}
    assert bob.post("/settings/password/", new).status_code == 503
    assert bob.post("/sign-in/confirm/?next=/endpoints/", {"password": PASSWORD}).status_code == 503
    bob.get("/settings/second-factor/totp/activate/")
    assert bob.post("/settings/second-factor/totp/activate/", {"code": "000000"}).status_code == 503
    assert bob.post("/sign-out/").status_code == 302


def test_sign_in_opens_again_with_redis(bob, settings, away):
    assert Client().post("/sign-in/", TYPED).status_code == 503
    settings.CACHES = {"default": Environment({}).cache("CACHE_URL")}
    assert Client().post("/sign-in/", TYPED).status_code == 302
