"""Faults of names, certificates and headers, each of which has its own test (see also test_client_responses)."""

import json
import socket
import ssl
import warnings
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest

from endpoints.azure import NotSent, ServiceFault, Unreadable
from endpoints.azure.network import PUBLIC
from endpoints.azure.transport import Transport
from tests.network import HERE

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"


@pytest.fixture
def resolver(monkeypatch):
    """The name server: first the results in its list, then the real ones."""
    answers, truth = [], socket.getaddrinfo

    def ask(host, *more, **options):
        answer = answers.pop(0) if answers else host
        if isinstance(answer, Exception):
            raise answer
        return truth(answer, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    return answers


def test_a_get_is_retried_after_a_failed_name_lookup(service, client_of, resolver):
    resolver.append(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    service.answers(body=service.endpoint())
    assert client_of(f"http://localhost:{service.port}", retries=True).get_endpoint(ID).id == ID


def test_a_host_with_the_wrong_certificate_gets_no_key(self_signed, trusting, client_of, resolver):
    # The server has a trusted certificate, but not for this name.
    resolver.append("127.0.0.1")
    client = client_of(f"https://contoso.cognitiveservices.azure.com:{self_signed.port}", transport=trusting)
    with pytest.raises(NotSent, match="certificate"):
        client.get_endpoint(ID)
    assert not self_signed.asked


@pytest.mark.parametrize("private", ["10.0.0.5", "127.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_a_regional_host_with_a_private_address_is_not_sent(client_of, resolver, private):
    resolver += [private] * 8
    client = client_of("https://eastus.api.cognitive.microsoft.com", network=PUBLIC)
    with pytest.raises(NotSent, match="resolves to a private address"):
        client.get_endpoint(ID)


@pytest.mark.parametrize("label", ["a" * 64, "contoso."])
def test_a_host_that_cannot_be_a_name_is_not_sent(client_of, label):
    client = client_of(f"https://{label}.cognitiveservices.azure.com")
    with pytest.raises(NotSent, match="address isn't valid"):
        client.get_endpoint(ID)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A private certificate authority."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder, now = tmp_path_factory.mktemp("authority"), datetime.now(UTC)

    def certificate(name, signer, names=(), ends=timedelta(days=1)):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        issuer, by = signer or (subject, key)
        builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(days=9)).not_valid_after(now + ends)
        builder = builder.add_extension(x509.BasicConstraints(not signer, None), critical=True)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), critical=False)
        made = builder.sign(by, hashes.SHA256())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path = folder / f"{name}.pem"
        path.write_bytes(key.private_bytes(*form) + made.public_bytes(serialization.Encoding.PEM))
        return path, (subject, key)

    root, signer = certificate("root", None)
    here = x509.IPAddress(ip_address("127.0.0.1"))
    return {
        "root": root,
        "good": certificate("good", signer, [here])[0],
        "expired": certificate("expired", signer, [here], ends=timedelta(days=-1))[0],
        "wrong host": certificate("elsewhere", signer, [x509.DNSName("elsewhere.example")])[0],
    }


@pytest.fixture
def behind(authority, client_of, serve):
    """A client of a server with one of those certificates; it trusts their authority."""

    def make(name, newest=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority[name])
        if newest:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ciphers("ALL:@SECLEVEL=0")
                context.minimum_version = context.maximum_version = newest
        server = serve(context)
        server.forever = (server.answer(200, server.endpoint()),)
        trust = ssl.create_default_context(cafile=authority["root"])
        return server, client_of(server, transport=Transport(ssl_context=trust, network=HERE))

    return make


def test_a_valid_certificate_is_accepted(behind):
    assert behind("good")[1].get_endpoint(ID).id == ID


@pytest.mark.parametrize(("name", "why"), [("expired", "expired"), ("wrong host", "for a different host name")])
def test_an_invalid_certificate_is_not_sent(behind, name, why):
    server, client = behind(name)
    with pytest.raises(NotSent, match=why):
        client.get_endpoint(ID)
    assert not server.asked


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=str)
def test_a_server_with_old_tls_versions_only_is_not_sent(behind, newest):
    server, client = behind("good", newest)
    with pytest.raises(NotSent):
        client.get_endpoint(ID)
    assert not server.asked


@pytest.mark.parametrize("kind", [None, "text/html", "application/xml; charset=utf-16", "?"])
def test_the_content_type_of_a_response_is_ignored(service, client, kind):
    headers = {"Content-Type": kind} if kind else {}
    service.answers(body=service.endpoint(), headers=headers)
    service.answers(body=b"<html>Sign in</html>", headers={"Content-Type": "application/json"})
    assert client.get_endpoint(ID).id == ID
    with pytest.raises(Unreadable):
        client.get_endpoint(ID)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_failed_list_is_never_an_empty_list(service, patient, status):
    service.forever = (service.answer(status, {"values": []}),)
    with pytest.raises(ServiceFault):
        list(patient.list_endpoints())
    assert len(service.asked) == 3


@pytest.mark.parametrize("size", [1_000, 100_000])
def test_a_very_long_error_message_is_truncated(service, client, size):
    service.answers(500, json.dumps({"code": "x" * size, "message": "y" * size}).encode())
    with pytest.raises(ServiceFault) as caught:
        client.get_endpoint(ID)
    assert len(str(caught.value)) < 2_100


def test_unknown_kinds_of_files_are_accepted(service, client):
    log = {"self": f"{service.url}/logs/a.bin", "kind": "Hologram", "links": {"contentUrl": None, "new": "x"}}
    service.answers(body={"values": [log]})
    (found,) = client.list_logs(ID)
    assert (found.id, found.name, found.kind, found.size, found.content_url) == (
        "a.bin",
        "a.bin",
        "Hologram",
        None,
        None,
    )
