"""Which addresses connections may lead to, library by library, and the proxy and authorities that hold for all."""

import base64
import contextlib
import smtplib
import socket
import warnings

import pytest

from endpoints.azure import ForeignAddress, NotSent, SpeechClient, Unauthorized
from endpoints.azure.container import LogContainer
from endpoints.azure.curl import Exchange, Loop, Source
from endpoints.azure.guard import ClosedNetwork, guarded
from endpoints.azure.identity import SCOPES, client_secret, library_options
from endpoints.azure.network import Network
from tests.client.conftest import Scripted, tunnel

TENANT = "11111111-2222-4333-8444-555555555555"
NAME = "speech.contoso.test"
OPEN = Network()
HERE = Network(private_networks=("127.0.0.0/8",))
PRIVATE = [
    "10.0.0.5",
    "127.0.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 (it is not bound)
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "fd00:ec2::254",
    "fe80::1%1",
    "192.0.0.8",
    "192.0.0.192",
    "::10.0.0.5",
    "::ffff:0:10.0.0.5",
    "64:ff9b:1::a9fe:a9fe",
    "fec0::1",
]


@pytest.fixture
def resolved(monkeypatch):
    """The addresses of names that do not exist, by name; addresses stay themselves."""
    names, truth = {}, socket.getaddrinfo

    def ask(host, port, *more, **options):
        if host == "127.0.0.1" or not isinstance(host, str):
            return truth(host, port, *more, **options)
        if host not in names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [answer for address in names[host].split() for answer in truth(address, port, *more, **options)]

    def watched(host, *more, **options):
        return ask(host, *more, **options)

    monkeypatch.setattr(socket, "getaddrinfo", watched)
    return names


def by_httpx(client_of, url, network):
    with client_of(url, network=network) as client:
        client.list_endpoints().__iter__().__next__()


def by_list(client_of, url, network):
    with LogContainer(f"{url}/logs?sig=x", retries=False, deadline=5, network=network) as container:
        container.folders()


def by_entra(client_of, url, network):
    with contextlib.closing(client_secret(TENANT, "client", "secret", network=network).source()) as source:
        source.get_token(SCOPES["public"])


def by_azure(client_of, url, network):
    from azure.storage.blob import BlobServiceClient

    key = {"account_name": "a", "account_key": "a2V5"}
    with guarded(network), BlobServiceClient(url, key, retry_total=0, **library_options(network, "")) as client:
        client.get_account_information()


def by_boto3(client_of, url, network):
    import boto3
    from botocore.config import Config

    config = Config(proxies={}, retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-central-1"}
    with guarded(network), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        boto3.client("s3", endpoint_url=url, config=config, **keys).list_buckets()


def by_smtplib(client_of, url, network):
    host, _colon, port = url.rpartition("/")[2].rpartition(":")
    with guarded(network):
        smtplib.SMTP(host.strip("[]") or NAME, int(port or 25), timeout=5).close()


LIBRARIES = [by_httpx, by_list, by_entra, by_azure, by_boto3, by_smtplib]


def told(error):
    """Everything that an exception and those behind it say."""
    text, seen = "", set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        text += f"{type(error).__name__}: {error}\n"
        error = error.__cause__ or error.__context__
    return text


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("library", LIBRARIES)
def test_no_library_connects_to_a_private_address(resolved, client_of, library, address):
    resolved[NAME] = resolved["login.microsoftonline.com"] = address
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each library has its own)
        library(client_of, f"https://{NAME}:443", OPEN)
    assert "private address" in told(caught.value)


def test_our_own_words_for_it_tell_nothing_of_the_librarys(resolved):
    resolved["login.microsoftonline.com"] = "10.0.0.5"
    with pytest.raises(NotSent, match="Entra couldn't be reached"):
        client_secret(TENANT, "client", "secret", network=OPEN).token()


@pytest.mark.parametrize("library", [one for one in LIBRARIES if one is not by_entra])
def test_no_library_reaches_a_server_here_unless_its_network_is_named(service, resolved, client_of, library):
    resolved[NAME] = "127.0.0.1"
    for url in (service.url, service.url.replace("127.0.0.1", "localhost")) if library is by_httpx else (service.url,):
        with pytest.raises(Exception):  # noqa: PT011, B017 (each library has its own)
            library(client_of, url, OPEN)
    assert service.connections == 0
    service.forever = (service.answer(403),)
    if library is by_smtplib:
        service.close()
        with pytest.raises(ConnectionRefusedError):  # by the machine, which is asked now
            library(client_of, service.url, HERE)
        return
    with contextlib.suppress(Exception):
        library(client_of, service.url, HERE)
    assert service.connections >= 1


def test_without_a_network_connections_lead_to_public_addresses_only(service):
    with SpeechClient(service.url, "key", retries=False) as client:
        with pytest.raises(NotSent, match="private address"):
            list(client.list_endpoints())
        with pytest.raises(ForeignAddress, match="private network"), client.open_content(f"{service.url}/x"):
            pass
    container = LogContainer(f"{service.url}/logs?sig=x", retries=False)
    with container, pytest.raises(NotSent, match="private address"):
        container.folders()
    assert service.connections == 0


@pytest.mark.parametrize("address", [one for one in PRIVATE if "%" not in one])
def test_libcurl_connects_to_no_private_address(address):
    host = f"[{address}]" if ":" in address else address
    assert isinstance(fetched(f"https://{host}/x", OPEN), ForeignAddress)


def test_libcurl_connects_to_a_private_network_that_is_named(service):
    service.answers(body=b"abc")
    assert isinstance(fetched(f"{service.url}/x", OPEN), ForeignAddress)
    assert service.connections == 0
    assert fetched(f"{service.url}/x", HERE) is None
    assert len(service.asked) == 1


def fetched(url, network):
    """How libcurl fared with an address."""
    loop, exchange = Loop(), Exchange(network)
    try:
        exchange.begin(Source(url))
        loop.add(exchange)
        while not exchange.done:
            loop.work(0.5)
        return exchange.error
    finally:
        loop.close()
        exchange.handle.close()


def test_public_addresses_are_allowed():
    for address in ("20.50.2.1", "2603:1030::1", "::ffff:20.50.2.1", "64:ff9b::1432:201"):
        assert OPEN.allows(address)
    assert not OPEN.allows(NAME)


def test_a_name_that_gets_a_private_address_later_is_refused_then(service, resolved, client_of):
    """DNS rebinding: what counts is the address at each connection."""
    resolved[NAME] = "127.0.0.1"
    service.answers(body={"values": []}).says(service.answer(), "close")
    address = service.url.replace("127.0.0.1", "localhost")
    resolved["localhost"] = "127.0.0.1"
    client = client_of(address, network=HERE)
    assert list(client.list_endpoints()) == []
    resolved["localhost"] = "10.0.0.5"
    with pytest.raises(NotSent, match="private address"):
        client.delete_endpoint(TENANT)  # by a connection of its own
    assert len(service.asked) == 1


def test_a_host_that_a_setting_names_may_be_private_and_no_other(service):
    with guarded(OPEN, "localhost"):
        socket.create_connection(("localhost", service.port)).close()
        with pytest.raises(ClosedNetwork):
            socket.create_connection(("127.0.0.1", service.port))
    socket.create_connection(("127.0.0.1", service.port)).close()  # outside of it


@pytest.mark.parametrize("library", [by_httpx, by_list])
def test_the_proxys_host_is_reached_by_the_proxys_own_connections_only(service, client_of, library):
    network = Network(proxy="http://127.0.0.1:9")
    with pytest.raises((NotSent, ForeignAddress), match="private"):
        library(client_of, service.url, network)
    assert service.connections == 0


@pytest.fixture
def proxy(tls_server):
    """A proxy that leads each CONNECT to one server with a certificate, whatever name is asked for."""
    server = Scripted()
    server.forever = (tunnel(server, tls_server.port), "close")
    yield server
    server.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An authority of our own, with a certificate for the names of these tests."""
    from tests.processes import certificates

    names = (NAME, "storage.contoso.test", "login.microsoftonline.com")
    return certificates.made_in(tmp_path_factory.mktemp("authority"), names)


@pytest.fixture
def tls_server(files, serve):
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return serve(context)


@pytest.fixture
def behind(proxy, files):
    """A network with that proxy and that authority."""
    return Network(proxy=f"http://user:p%40ss@127.0.0.1:{proxy.port}", ca_file=files.authority)


def test_the_api_and_contents_are_reached_by_the_proxy(proxy, tls_server, behind, resolved, client_of):
    client = client_of(f"https://{NAME}", network=behind)
    tls_server.answers(body={"values": []})
    assert list(client.list_endpoints()) == []
    tls_server.answers(body=b"abc")
    with client.open_content("https://storage.contoso.test/x?sig=abc") as content:
        assert b"".join(content.chunks()) == b"abc"
    assert [(one.method, one.target) for one in proxy.asked] == [
        ("CONNECT", f"{NAME}:443"),
        ("CONNECT", "storage.contoso.test:443"),
    ]
    user = base64.b64encode(b"user:p@ss").decode()
    assert {one.headers["proxy-authorization"] for one in proxy.asked} == {f"Basic {user}"}
    assert "proxy-authorization" not in tls_server.asked[0].headers


def test_containers_and_entra_are_reached_by_the_proxy(proxy, tls_server, behind, resolved):
    page = b"<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>"
    tls_server.answers(200, page, {"Content-Type": "application/xml"})
    with LogContainer("https://storage.contoso.test/logs?sig=x", retries=False, network=behind) as container:
        assert container.folders() == []
    answer = {"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600}
    tls_server.forever = (tls_server.answer(200, answer, {"Content-Type": "application/json"}),)
    entra = client_secret(TENANT, "client", "another", network=behind)
    with contextlib.suppress(NotSent):  # azure-identity may ask for more than our server says
        assert entra.token() == "a-token"
    entra.forget()  # closes its connection
    targets = [one.target for one in proxy.asked]
    assert targets[0] == "storage.contoso.test:443"
    assert "login.microsoftonline.com:443" in targets


@pytest.mark.parametrize("library", [by_httpx, by_list, by_azure])
def test_no_redirect_is_followed(service, elsewhere, client_of, library):
    service.forever = (service.answer(307, headers={"Location": f"{elsewhere.url}/logs"}),)
    with pytest.raises(Exception):  # noqa: PT011, B017 (each library has its own)
        library(client_of, service.url, HERE)
    assert (len(service.asked), elsewhere.connections) == (1, 0)


def test_a_certificate_of_another_authority_is_not_trusted(proxy, behind, resolved, client_of):
    usual = Network(proxy=behind.proxy)
    with pytest.raises(NotSent, match="certificate"):
        list(client_of(f"https://{NAME}", network=usual).list_endpoints())


@pytest.mark.parametrize("private", ["10.0.0.5", "20.50.2.1 127.0.0.1"])
def test_the_proxy_is_not_asked_for_a_name_with_a_private_address(proxy, behind, resolved, client_of, private):
    resolved[NAME] = resolved["storage.contoso.test"] = private
    client = client_of(f"https://{NAME}", network=behind)
    with pytest.raises(NotSent, match="private address"):
        list(client.list_endpoints())
    with pytest.raises(ForeignAddress), client.open_content("https://storage.contoso.test/x"):
        pass
    assert proxy.connections == 0


@pytest.mark.parametrize("name", ["metadata", "metadata.google.internal", "printer.local", "10.0.0.5", "[::1]"])
def test_the_proxy_is_not_asked_for_names_that_cannot_be_public(resolved, name):
    assert not Network(proxy="http://proxy:3128").allows_behind_proxy(name.strip("[]"))
    assert Network(proxy="http://proxy:3128").allows_behind_proxy("eastus.api.cognitive.microsoft.com")


def test_a_proxy_that_refuses_has_sent_nothing(service, resolved, client_of):
    service.forever = (service.answer(403), "close")
    network = Network(proxy=service.url)
    with pytest.raises(NotSent, match="403"):
        list(client_of(f"https://{NAME}", network=network).list_endpoints())


@pytest.mark.parametrize(
    ("host", "no_proxy", "direct"),
    [
        ("a.contoso.com", "contoso.com", True),
        ("contoso.com", ".contoso.com", True),
        ("A.Contoso.com", "*.contoso.COM", True),
        ("contoso.com", "contoso.com:443", True),
        ("notcontoso.com", "contoso.com", False),
        ("contoso.com.attacker.example", "contoso.com", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("10.1.2.3", "10.1.2.3", True),
        ("anything.example", "*", True),
        ("localhost", "", True),
        ("127.0.0.2", "", True),
        ("anything.example", "", False),
    ],
)
def test_no_proxy_names_hosts_domains_and_networks(host, no_proxy, direct):
    network = Network(proxy="http://proxy:3128", no_proxy=(no_proxy,) if no_proxy else ())
    assert (network.proxy_for(host) == "") is direct


def test_the_password_of_the_proxy_is_not_shown():
    assert "secret" not in repr(Network(proxy="http://user:secret@proxy:3128"))


SECRET = "0123456789abcdef0123456789abcdef"


def by_web_socket(client_of, address, network):
    client = client_of("https://eastus.api.cognitive.microsoft.com", network=network, key=SECRET)
    return client.recognize_by_web_socket(address, b"RIFF", "en-US")


def test_a_web_socket_leads_to_no_private_address(service, client_of):
    with pytest.raises(NotSent, match="private address"):
        by_web_socket(client_of, service.url, OPEN)
    assert service.connections == 0


def test_a_web_socket_is_opened_by_the_proxy_and_the_key_is_for_the_service(
    proxy, tls_server, behind, resolved, client_of
):
    tls_server.answers(401, {"error": {"code": "401", "message": "no"}})
    with pytest.raises(Unauthorized):
        by_web_socket(client_of, f"https://{NAME}", behind)
    assert [(one.method, one.target) for one in proxy.asked] == [("CONNECT", f"{NAME}:443")]
    assert SECRET not in str(proxy.asked[0].headers)
    (asked,) = tls_server.asked
    assert asked.headers["ocp-apim-subscription-key"] == SECRET
    assert asked.headers["upgrade"] == "websocket"
    assert SECRET not in asked.target


def test_a_web_socket_trusts_the_authorities_of_the_network_only(proxy, tls_server, behind, resolved, client_of):
    with pytest.raises(NotSent, match="certificate"):
        by_web_socket(client_of, f"https://{NAME}", Network(proxy=behind.proxy))
    assert tls_server.asked == []


@pytest.mark.parametrize("private", ["10.0.0.5", "20.50.2.1 127.0.0.1"])
def test_the_proxy_is_not_asked_for_a_web_socket_to_a_private_address(proxy, behind, resolved, client_of, private):
    resolved[NAME] = private
    with pytest.raises(NotSent, match="private address"):
        by_web_socket(client_of, f"https://{NAME}", behind)
    assert proxy.connections == 0


def test_a_proxy_that_refuses_a_web_socket_has_sent_nothing(service, resolved, client_of):
    service.forever = (service.answer(403), "close")
    with pytest.raises(NotSent, match="403"):
        by_web_socket(client_of, f"https://{NAME}", Network(proxy=service.url))
