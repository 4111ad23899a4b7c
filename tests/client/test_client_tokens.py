"""Microsoft Entra tokens instead of a key."""

import logging
import subprocess
import sys
import threading
import time
import traceback
from types import SimpleNamespace
from typing import Any

import pytest

from endpoints.azure import EndpointUpdate, NotSent, SpeechClient, SpeechError, Unauthorized
from endpoints.azure.identity import SCOPES, Entra, client_secret, managed_identity

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
REFUSAL = {"code": "Unauthorized", "message": "The token has expired."}
TENANT = "11111111-2222-4333-8444-555555555555"


class Scripted:
    """A credential with the given tokens; with `forgets` it returns the next one only after forget()."""

    def __init__(self, *tokens, forgets=False):
        self.tokens, self.given, self.forgotten = list(tokens), 0, 0
        if forgets:
            self.forget = self._forget

    def token(self):
        self.given += 1
        token = self.tokens[0]
        if len(self.tokens) > 1 and not hasattr(self, "forget"):
            self.tokens.pop(0)
        if isinstance(token, Exception):
            raise token
        return token

    def _forget(self):
        self.forgotten += 1
        if len(self.tokens) > 1:
            self.tokens.pop(0)


@pytest.fixture
def client_with(service, client_of):
    return lambda credential, **options: client_of(service, key=None, credential=credential, **options)


def test_a_token_is_sent_instead_of_the_key(service, client_with):
    service.answers(body=service.endpoint())
    assert client_with(Scripted("t1")).get_endpoint(ID).id == ID
    assert service.asked[0].headers["authorization"] == "Bearer t1"
    assert "ocp-apim-subscription-key" not in service.asked[0].headers


def test_content_and_links_to_other_origins_get_no_token(service, elsewhere, client_with):
    client = client_with(Scripted("t1"))
    elsewhere.answers(body=b"abc")
    with client.open_content(f"{elsewhere.url}/a.wav?sig=x") as content:
        assert b"".join(content.chunks()) == b"abc"
    assert "authorization" not in elsewhere.asked[0].headers
    service.answers(body={"values": [], "@nextLink": f"{elsewhere.url}/next"})
    with pytest.raises(SpeechError):
        list(client.list_endpoints())
    assert len(elsewhere.asked) == 1


@pytest.mark.parametrize("retries", [True, False])
@pytest.mark.parametrize("forgets", [True, False])
def test_an_unauthorized_get_is_sent_once_more_with_a_new_token(service, client_with, forgets, retries):
    service.answers(401, REFUSAL).answers(body=service.endpoint())
    assert client_with(Scripted("t1", "t2", forgets=forgets), retries=retries).get_endpoint(ID).id == ID
    assert [one.headers["authorization"] for one in service.asked] == ["Bearer t1", "Bearer t2"]


def test_only_one_new_token_is_tried(service, client_with):
    service.forever = (service.answer(401, REFUSAL),)
    with pytest.raises(Unauthorized):
        client_with(Scripted("t1", "t2", "t3", "t4", forgets=True), retries=True).get_endpoint(ID)
    assert len(service.asked) == 2


def test_one_new_token_is_enough_for_all_attempts_of_a_get(service, client_with):
    failed = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    service.answers(401, REFUSAL).says(failed).answers(401, REFUSAL).answers(body=service.endpoint())
    with pytest.raises(Unauthorized):
        client_with(Scripted("t1", "t2", "t3", forgets=True), retries=True).get_endpoint(ID)
    assert [one.headers["authorization"] for one in service.asked] == ["Bearer t1", "Bearer t2", "Bearer t2"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_new_token_takes_no_attempt_away(service, client_with, times):
    failed = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    service.answers(401, REFUSAL)
    for _attempt in range(times):
        service.says(failed)
    service.answers(body=service.endpoint())
    assert client_with(Scripted("t1", "t2", forgets=True), retries=True).get_endpoint(ID).id == ID
    assert len(service.asked) == times + 2


def test_a_deletion_that_is_refused_is_not_asked_again_by_itself(service, client_with):
    service.answers(401, REFUSAL).answers(204)
    client = client_with(Scripted("t1", "t2", forgets=True), retries=True)
    with pytest.raises(Unauthorized):
        client.delete_endpoint(ID)
    assert len(service.asked) == 1


def test_the_same_token_is_not_tried_twice(service, client_with):
    service.forever = (service.answer(401, REFUSAL),)
    with pytest.raises(Unauthorized):
        client_with(Scripted("t1")).get_endpoint(ID)
    assert len(service.asked) == 1


def test_an_unauthorized_change_is_not_retried_but_the_next_one_has_a_new_token(service, client_with):
    service.answers(401, REFUSAL).answers(body=service.endpoint())
    client = client_with(Scripted("t1", "t2", forgets=True), retries=True)
    with pytest.raises(Unauthorized):
        client.update_endpoint(ID, EndpointUpdate(display_name="n"))
    assert len(service.asked) == 1
    client.update_endpoint(ID, EndpointUpdate(display_name="n"))
    assert service.asked[1].headers["authorization"] == "Bearer t2"


def test_an_unauthorized_key_is_not_retried(service, patient):
    service.forever = (service.answer(401, REFUSAL),)
    with pytest.raises(Unauthorized):
        patient.get_endpoint(ID)
    assert len(service.asked) == 1


@pytest.mark.parametrize("token", [RuntimeError("SECRET"), "", "a b", "a\r\nX: y", "ä", None, 5], ids=repr)
def test_a_failing_credential_is_not_sent(service, client_with, token):
    with pytest.raises(NotSent) as caught:
        client_with(Scripted(token)).get_endpoint(ID)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__context__ is None
    assert not service.asked


def test_an_error_of_a_credential_is_passed_on(service, client_with):
    refusal = Unauthorized("Entra said no.", operation="token", status=401)
    credential = Scripted(refusal, forgets=True)
    with pytest.raises(Unauthorized, match="Entra said no"):
        client_with(credential, retries=True).get_endpoint(ID)
    assert (credential.given, credential.forgotten) == (1, 0)


def test_no_error_contains_a_token(service, client_with, caplog):
    caplog.set_level(logging.DEBUG)
    service.forever = (service.answer(401, REFUSAL),)
    client = client_with(Scripted("TOKEN-ONE", "TOKEN-TWO", forgets=True), retries=True)
    with pytest.raises(Unauthorized) as caught:
        client.get_endpoint(ID)
    told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "TOKEN-" not in told.split("endpoints/azure/", 1)[1]
    assert "TOKEN-" not in caplog.text + repr(client) + repr(vars(client))


def test_a_token_in_an_error_message_is_redacted(service, client_with):
    service.forever = (service.answer(401, {"code": "Unauthorized", "message": "Wrong: TOKEN-ONE TOKEN-TWO"}),)
    with pytest.raises(Unauthorized, match=r"Wrong: \*\*\* \*\*\*"):
        client_with(Scripted("TOKEN-ONE", "TOKEN-TWO", forgets=True)).get_endpoint(ID)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://contoso.cognitiveservices.azure.com",
        "https://Contoso.CognitiveServices.azure.us/",
        "https://contoso.cognitiveservices.azure.cn",
        "http://127.0.0.1:8100",
    ],
)
def test_tokens_are_accepted_for_own_domains(endpoint):
    SpeechClient(endpoint, credential=Scripted("t")).close()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://eastus.api.cognitive.microsoft.com",
        "https://usgovvirginia.api.cognitive.microsoft.us",
        "https://chinaeast2.api.cognitive.azure.cn",
        "https://contoso.cognitiveservices.azure.com.example",
        "https://cognitiveservices.azure.com",
    ],
)
def test_a_regional_host_accepts_keys_only(endpoint):
    with pytest.raises(ValueError, match="custom domain"):
        SpeechClient(endpoint, credential=Scripted("t"))


def test_a_client_needs_a_key_or_a_credential():
    choices: tuple[dict[str, Any], ...] = ({}, {"key": "key", "credential": Scripted("t")})
    for options in choices:
        with pytest.raises(ValueError, match="one of the two"):
            SpeechClient("https://contoso.cognitiveservices.azure.com", **options)


class Source:
    """A source of tokens with expiration, as in azure-identity."""

    made = 0

    def __init__(self, lifetime=3600.0):
        type(self).made += 1
        self.lifetime, self.scopes, self.closed = lifetime, [], False

    def get_token(self, *scopes):
        self.scopes.append(scopes)
        return SimpleNamespace(token=f"t{len(self.scopes)}", expires_on=time.time() + self.lifetime)

    def close(self):
        self.closed = True


def test_a_token_is_cached_until_shortly_before_it_expires():
    source = Source()
    entra = Entra(lambda: source, "scope/.default")
    assert [entra.token(), entra.token()] == ["t1", "t1"]
    assert source.scopes == [("scope/.default",)]
    short = Entra(lambda: Source(200), "s")
    assert [short.token(), short.token()] == ["t1", "t2"]


def test_a_refused_token_is_removed_from_all_caches():
    sources = [Source(), Source()]
    entra = Entra(lambda: sources.pop(0), "s")
    first = sources[0]
    entra.token()
    entra.forget()
    assert first.closed
    assert entra.token() == "t1"
    assert not sources


def test_threads_share_one_token():
    source = Source()
    entra = Entra(lambda: source, "s")
    threads = [threading.Thread(target=entra.token) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.scopes) == 1


def test_short_lived_clients_share_a_credential():
    assert client_secret("t", "c", "s") is client_secret("t", "c", "s", cloud="public")
    assert client_secret("t", "c", "s") is not client_secret("t", "c", "rotated")
    assert managed_identity() is managed_identity(None)
    assert managed_identity() is not managed_identity("c")


def test_clouds_have_their_own_scopes():
    assert SCOPES["public"] == "https://cognitiveservices.azure.com/.default"
    for make in (lambda cloud: client_secret("t", "c", "SECRET", cloud=cloud), lambda c: managed_identity(cloud=c)):
        for cloud, top in (("public", "com"), ("government", "us"), ("china", "cn")):
            assert repr(make(cloud)) == f"Entra(scope='https://cognitiveservices.azure.{top}/.default')"
        with pytest.raises(ValueError, match="government"):
            make("moon")
    with pytest.raises(ValueError, match="client secret"):
        client_secret("t", "c", "")


def test_the_library_is_imported_lazily():
    script = "import sys; from endpoints.azure.identity import client_secret; client_secret('t', 'c', 's')\n"
    script += "assert not {'azure.identity', 'msal'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.fixture
def authority(self_signed, certificate):
    """A simulated Microsoft Entra for azure-identity."""
    from azure.identity import ClientSecretCredential

    made = []

    def make():
        options = {"authority": self_signed.url, "disable_instance_discovery": True}
        options |= {"connection_verify": str(certificate), "retry_total": 0}
        made.append(ClientSecretCredential(TENANT, "client", "SECRET", **options))
        return made[-1]

    self_signed.entra = Entra(make, SCOPES["public"])
    address = f"{self_signed.url}/{TENANT}/oauth2/v2.0"
    self_signed.discovery = {
        "issuer": f"{self_signed.url}/{TENANT}/v2.0",
        "authorization_endpoint": f"{address}/authorize",
        "token_endpoint": f"{address}/token",
    }
    yield self_signed
    for one in made:
        one.close()


def test_the_library_requests_a_token_for_the_scope(authority, service, client_with):
    authority.answers(body=authority.discovery, headers={"Content-Type": "application/json"})
    token = {"token_type": "Bearer", "expires_in": 3600, "access_token": "T1"}
    authority.answers(body=token, headers={"Content-Type": "application/json"})
    service.forever = (service.answer(200, service.endpoint()),)
    client = client_with(authority.entra)
    assert client.get_endpoint(ID).id == client.get_endpoint(ID).id == ID
    assert service.asked[1].headers["authorization"] == "Bearer T1"
    assert [one.method for one in authority.asked] == ["GET", "POST"]
    assert b"scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default" in authority.asked[1].body


def test_a_refusal_of_entra_is_unauthorized_with_its_code(authority):
    headers = {"Content-Type": "application/json"}
    authority.answers(body=authority.discovery, headers=headers)
    said = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret SECRET."}
    authority.answers(401, said, headers)
    with pytest.raises(Unauthorized, match=r"rejected the sign-in \(AADSTS7000215\)") as caught:
        authority.entra.token()
    assert (caught.value.code, caught.value.__context__) == ("AADSTS7000215", None)


def test_an_unknown_tenant_is_unauthorized(authority):
    authority.answers(400, {"error": "invalid_tenant"}, {"Content-Type": "application/json"})
    with pytest.raises(Unauthorized, match="rejected"):
        authority.entra.token()


@pytest.mark.parametrize("fault", ["nobody", "lost", "failing"])
def test_an_unreachable_entra_is_not_sent(authority, fault):
    if fault == "nobody":
        authority.close()
    elif fault == "failing":
        authority.forever = (authority.answer(503, {"error": "server_error"}, {"Content-Type": "application/json"}),)
    with pytest.raises(NotSent, match="couldn't be reached") as caught:
        authority.entra.token()
    assert caught.value.__context__ is None


def test_a_missing_managed_identity_is_reported():
    from azure.identity import CredentialUnavailableError

    class Nobody:
        def get_token(self, *scopes):
            raise CredentialUnavailableError("no")

    with pytest.raises(NotSent, match="have a managed identity"):
        Entra(Nobody, "s").token()
