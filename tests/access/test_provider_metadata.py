"""The configuration that an identity provider publishes: one that names another issuer is refused."""

import pytest
from django.test import Client

from endpoints.models import Event
from tests.receiver import as_json, receiving


@pytest.fixture
def provider(settings, db):
    """Publishes a configuration that names `issuer`."""

    def configuration(_got):
        here = {
            f"{name}_endpoint": f"{server.url}/{path}" for name, path in (("authorization", "auth"), ("token", "token"))
        }
        return as_json({"issuer": server.issuer, **here, "jwks_uri": f"{server.url}/keys"})

    with receiving(configuration) as server:
        server.issuer = server.url
        app = {
            "provider_id": "company",
            "name": "company",
            "client_id": "studio",
            "secret": "a secret of the client",
            "settings": {"server_url": server.url, "issuer": server.url},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
        yield server


def test_a_person_is_sent_to_the_provider_of_the_setting(provider):
    answer = Client().post("/sign-in/company/")
    assert f'href="{provider.url}/auth?' in answer.content.decode()


@pytest.mark.parametrize("other", ["https://login.example.org", "{}/", "{}/other", None])
def test_nobody_is_sent_to_a_provider_whose_configuration_names_another_issuer(provider, other):
    provider.issuer = other and other.format(provider.url)
    answer = Client().post("/sign-in/company/")
    assert answer.status_code == 403
    assert "Your identity provider&#x27;s answer" in answer.content.decode()
    assert f"{provider.url}/auth" not in answer.content.decode()
    assert "names another issuer" in Event.objects.get(verb="account-refused").facts["why"]


def test_an_answer_is_not_redeemed_if_the_configuration_has_come_to_name_another_issuer(provider):
    client = Client()
    client.post("/sign-in/company/")
    (state,) = client.session["socialaccount_states"]
    provider.issuer = "https://login.example.org"
    answer = client.get(f"/sign-in/company/callback/?code=x&state={state}")
    assert answer.status_code == 403
    assert not [one for one in provider.got if one.target in ("/token", "/keys")]


def test_a_provider_that_does_not_answer_is_said_in_a_sentence(provider):
    provider.shutdown()
    provider.server_close()
    answer = Client().post("/sign-in/company/")
    assert answer.status_code == 403
    assert "be verified" in answer.content.decode()
