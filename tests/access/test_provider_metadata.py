"""The configuration that an identity provider publishes: one that names another issuer is refused."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.test import Client

from endpoints.models import Event


class Provider(ThreadingHTTPServer):
    """Publishes a configuration, and notes who asks for what."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.issuer = self.address
        self.asked = []


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self):
        self.server.asked.append(self.path)
        here = self.server.address
        config = {"issuer": self.server.issuer, "authorization_endpoint": f"{here}/auth"}
        body = json.dumps({**config, "token_endpoint": f"{here}/token", "jwks_uri": f"{here}/keys"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def provider(settings, db):
    with Provider() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        app = {
            "provider_id": "company",
            "name": "company",
            "client_id": "studio",
            "secret": "a secret of the client",
            "settings": {"server_url": server.address, "issuer": server.address},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield server
        server.shutdown()


def test_a_person_is_sent_to_the_provider_of_the_setting(provider):
    answer = Client().post("/sign-in/company/")
    assert f'href="{provider.address}/auth?' in answer.content.decode()


@pytest.mark.parametrize("other", ["https://login.example.org", "{}/", "{}/other", None])
def test_nobody_is_sent_to_a_provider_whose_configuration_names_another_issuer(provider, other):
    provider.issuer = other and other.format(provider.address)
    answer = Client().post("/sign-in/company/")
    assert answer.status_code == 403
    assert "Your identity provider&#x27;s answer" in answer.content.decode()
    assert f"{provider.address}/auth" not in answer.content.decode()
    assert "names another issuer" in Event.objects.get(verb="account-refused").facts["why"]


def test_an_answer_is_not_redeemed_if_the_configuration_has_come_to_name_another_issuer(provider):
    client = Client()
    client.post("/sign-in/company/")
    (state,) = client.session["socialaccount_states"]
    provider.issuer = "https://login.example.org"
    answer = client.get(f"/sign-in/company/callback/?code=x&state={state}")
    assert answer.status_code == 403
    assert not [path for path in provider.asked if path in ("/token", "/keys")]


def test_a_provider_that_does_not_answer_is_said_in_a_sentence(provider):
    provider.shutdown()
    provider.server_close()
    answer = Client().post("/sign-in/company/")
    assert answer.status_code == 403
    assert "be verified" in answer.content.decode()
