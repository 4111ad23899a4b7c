"""How a bucket and a container are reached, and what their libraries ask for credentials, by the outbound settings."""

import json
import ssl
from urllib.parse import urlsplit

import pytest

from speechstudio.log_storage import BACKENDS, log_storage
from tests.client.conftest import Scripted
from tests.processes import certificates

SECRET = "c2VjcmV0IG9mIGEgdGVzdA=="
ENTRA = {"AZURE_TENANT_ID": "11111111-2222-4333-8444-555555555555", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}
CONTAINER = {"account_name": "contoso", "azure_container": "logs", "client_options": {"retry_total": 0}}
BUCKET = {"bucket_name": "logs", "region_name": "eu-central-1"}


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Nothing of this machine's own, and proxies of the environment that nobody may ask."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def server():
    """Serves as the proxy, which refuses, or as the machine's own service for its identity."""
    server = Scripted()
    server.forever = (server.answer(403), "close")
    yield server
    server.close()


def asked(server):
    """The hosts that a proxy was asked for."""
    return {urlsplit(f"//{one.target}").hostname for one in server.asked if one.method == "CONNECT"}


def look(kind, options, tmp_path, **network):
    """Ask a storage for a file, which no server here has."""
    kept = log_storage(kind, json.dumps(options), tmp_path, {"proxy": "", "ca_file": ""} | network)
    module, _dot, name = BACKENDS[kind].rpartition(".")
    storage = getattr(__import__(module, fromlist=[name]), name)(**kept["OPTIONS"])
    with pytest.raises(OSError, match=r".") as caught:
        storage.size("said.wav")
    return str(caught.value)


@pytest.mark.parametrize(
    ("no_proxy", "hosts"), [((), {"login.microsoftonline.com"}), (("microsoftonline.com",), set())]
)
def test_entra_is_asked_for_a_token_of_the_storage_by_the_proxy(tmp_path, server, monkeypatch, no_proxy, hosts):
    for name, value in ENTRA.items():
        monkeypatch.setenv(name, value)
    network = {"proxy": server.url, "no_proxy": no_proxy, "private_networks": ()}
    look("azure", CONTAINER, tmp_path, **network)
    assert asked(server) == hosts


def test_another_authority_that_the_environment_names_is_asked_by_the_proxy(tmp_path, server, monkeypatch):
    for name, value in {**ENTRA, "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us"}.items():
        monkeypatch.setenv(name, value)
    look("azure", CONTAINER, tmp_path, proxy=server.url, no_proxy=("microsoftonline.com",))
    assert asked(server) == {"login.microsoftonline.us"}


def test_the_identity_of_the_machine_is_asked_without_the_proxy(tmp_path, server, monkeypatch):
    own = Scripted()
    own.forever = (own.answer(400, {"error": "invalid"}, {"Content-Type": "application/json"}),)
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{own.url}/token")
    monkeypatch.setenv("IDENTITY_HEADER", "x")
    try:
        look("azure", CONTAINER, tmp_path, proxy=server.url)
        assert own.asked
        assert all(urlsplit(one.target).path == "/token" for one in own.asked)
    finally:
        own.close()
    assert server.asked == []


@pytest.mark.parametrize(("no_proxy", "hosts"), [((), {"sts.eu-central-1.amazonaws.com"}), (("amazonaws.com",), set())])
def test_aws_is_asked_for_credentials_by_the_proxy(tmp_path, server, monkeypatch, no_proxy, hosts):
    token = tmp_path / "token"
    token.write_text("a-token")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(token))
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/logs")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    look("s3", BUCKET, tmp_path, proxy=server.url, no_proxy=no_proxy)
    assert asked(server) == hosts


@pytest.mark.parametrize("kind", ["s3", "azure"])
def test_a_storage_with_a_certificate_of_our_own_authority_is_trusted_if_the_settings_name_it(tmp_path, kind):
    files = certificates.made_in(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    there = Scripted(context)
    there.forever = (there.answer(403), "close")
    address = f"https://127.0.0.1:{there.port}"
    connection = f"AccountName=contoso;AccountKey={SECRET};BlobEndpoint={address}/contoso"
    options = {
        "s3": {**BUCKET, "endpoint_url": address, "access_key": "test", "secret_key": "test"},
        "azure": {**CONTAINER, "connection_string": connection},
    }[kind]
    try:
        assert "certificate verify failed" in look(kind, options, tmp_path)
        assert there.asked == []
        look(kind, options, tmp_path, ca_file=files.authority)
        assert there.asked
    finally:
        there.close()
