"""Content logs from the customer's own storage container: listed, streamed, and nothing told of the token."""

import logging
import ssl
import subprocess
import sys
import threading
import time
import traceback
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from endpoints.azure import (
    ConnectionLost,
    ContentChanged,
    ContentExpired,
    Forbidden,
    ForeignAddress,
    IncompleteContent,
    NotFound,
    NotSent,
    Refused,
    ServiceFault,
    SpeechError,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Unreadable,
)
from endpoints.azure.container import LogContainer
from tests.network import HERE as NETWORK

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
HERE = "ab12/en-US"
DAY = "2026-05-01"
STEM = "101503_3f0e1c9a-5a0b-4d3e-9b1c-0a1b2c3d4e5f"
AUDIO = f"{HERE}/{DAY}/{STEM}.wav"
TEXT = f"{HERE}/{DAY}/{STEM}.v2.json"
SAS = "sv=2021-08-06&sr=c&sp=rl&se=2099-01-01T00%3A00%3A00Z&sig=SECRET%2Bsignature%3D"
ENDED = SAS.replace("2099", "2020")


class Storage(ThreadingHTTPServer):
    """A blob container as the storage service's documentation describes it: List Blobs and Get Blob."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.blobs, self.page, self.asked = {}, 5000, []
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.url = f"{self.origin}/customspeech-audiologs"

    def handle_error(self, request, client_address):
        pass  # a client that hangs up is a client's business


class Handler(BaseHTTPRequestHandler):
    server: Any  # with what the fixture gives it
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code, text="No."):
        body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{text}\nRequestId:1</Message></Error>'
        self.say(status, body.encode(), x_ms_error_code=code, Content_Type="application/xml")

    def do_GET(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append((unquote(parts.path), query, dict(self.headers)))
        name = unquote(parts.path).removeprefix("/customspeech-audiologs").strip("/")
        if "se" in query and query["se"] < "2026":
            self.refuse(403, "AuthenticationFailed", "Server failed to authenticate the request.")
        elif query.get("sig") != "SECRET+signature=" and self.headers["Authorization"] != "Bearer a-token":
            self.refuse(401, "NoAuthenticationInformation")
        elif not parts.path.startswith("/customspeech-audiologs"):
            self.refuse(404, "ContainerNotFound")
        elif query.get("comp") == "list":
            self.say(200, self.listed(query).encode(), Content_Type="application/xml")
        elif name not in self.server.blobs:
            self.refuse(404, "BlobNotFound")
        else:
            self.content(self.server.blobs[name])

    def listed(self, query):
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        found = {}
        for name in sorted(name for name in self.server.blobs if name.startswith(prefix)):
            cut = name.find(delimiter, len(prefix)) if delimiter else -1
            found[name if cut < 0 else name[: cut + 1]] = cut < 0
        names = [name for name in found if name >= query.get("marker", "")]
        size = min(int(query.get("maxresults", 5000)), self.server.page)
        following = names[size] if len(names) > size else ""
        items = "".join(self.item(name) if found[name] else prefixed(name) for name in names[:size])
        return (
            f'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="{self.server.origin}/" '
            f'ContainerName="customspeech-audiologs"><Blobs>{items}</Blobs>'
            f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
        )

    def item(self, name):
        return (
            f"<Blob><Name>{escape(name)}</Name><Properties><Creation-Time>Fri, 01 May 2026 10:15:09 GMT</Creation-Time>"
            "<Last-Modified>Fri, 01 May 2026 10:15:10 GMT</Last-Modified><Etag>0x1</Etag><BlobType>BlockBlob</BlobType>"
            f"<Content-Length>{len(self.server.blobs[name])}</Content-Length></Properties></Blob>"
        )

    def content(self, data):
        if self.headers.get("If-Match", '"0x1"') != '"0x1"':
            self.refuse(412, "ConditionNotMet")
        elif wanted := self.headers.get("Range"):
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.say(206, data[first:], ETag='"0x1"', Content_Range=f"bytes {first}-{len(data) - 1}/{len(data)}")
        else:
            self.say(200, data, ETag='"0x1"')


def prefixed(name):
    return f"<BlobPrefix><Name>{escape(name)}</Name></BlobPrefix>"


def served(server):
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def storage():
    server = Storage()
    server.blobs = {AUDIO: b"RIFF" * 500, TEXT: b"{}", "other.txt": b"not a log"}
    yield from served(server)


@pytest.fixture
def tls_storage(certificate):
    """The same behind a certificate, as Microsoft Entra wants it."""
    server = Storage()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.url = server.url.replace("http:", "https:")
    server.blobs = {AUDIO: b"RIFF" * 500}
    yield from served(server)


@pytest.fixture
def container_of():
    opened = []

    def make(server, sas=SAS, **options):
        url = server if isinstance(server, str) else getattr(server, "url", "")
        options = {"deadline": 5.0, "retries": False, "network": NETWORK, **options}
        container = LogContainer(f"{url}?{sas}" if sas else url, **options)
        opened.append(container)
        return container

    yield make
    for container in opened:
        container.close()


@pytest.fixture
def trusted(certificate):
    """Of an organization that vouches for that certificate: for lists, and for contents."""
    return {"network": replace(NETWORK, ca_file=str(certificate)), "token_hosts": ("127.0.0.1",)}


def files(container, **options):
    return [file for page in container.list_log_pages(ID, **options) for file in page.files]


def read(container, url, **options):
    with container.open_content(url, **options) as content:
        return content, b"".join(content.chunks())


class Credential:
    """What azure-identity offers, as far as it matters here."""

    def __init__(self, error=None, **given):
        self.token, self.error, self.scopes, self.closed = given.get("token", "a-token"), error, [], False

    def get_token(self, *scopes, **options):
        self.scopes += scopes
        if self.error:
            raise self.error
        return AccessToken(self.token, int(time.time()) + 3600)

    def close(self):
        self.closed = True


def test_logs_are_listed_as_from_the_service(storage, container_of):
    audio, text = sorted(files(container_of(storage)), key=lambda file: file.kind)
    assert (audio.id, audio.name, audio.kind, audio.size) == (f"{DAY}_{STEM}_wav", f"{STEM}.wav", "Audio", 2000)
    assert (text.id, text.name, text.kind, text.size) == (
        f"{DAY}_{STEM}_v2_json",
        f"{STEM}.v2.json",
        "Transcription",
        2,
    )
    assert audio.created.isoformat() == "2026-05-01T10:15:09+00:00"
    assert audio.content_url == f"{storage.url}/{AUDIO}"


def test_pages_go_on_where_an_earlier_one_ended(storage, container_of):
    storage.blobs = {f"{HERE}/{DAY}/10150{number}_{ID}.wav": b"x" for number in range(5)}
    storage.page = 2
    container = container_of(storage)
    first, *rest = container.list_log_pages(ID)
    assert [len(page.files) for page in (first, *rest)] == [2, 2, 1]
    assert rest[-1].next_token is None
    assert files(container, skip_token=first.next_token) == [file for page in rest for file in page.files]


def test_a_person_chooses_among_the_folders_there_are(storage, container_of):
    storage.blobs |= {f"cd34/{locale}/{DAY}/{STEM}.wav": b"xy" for locale in ("de-DE", "en-US")}
    assert container_of(storage).folders() == ["ab12/en-US", "cd34/de-DE", "cd34/en-US"]
    assert [file.size for file in files(container_of(storage, folder="cd34/de-DE"))] == [2]
    assert len(files(container_of(storage, folder="cd34"))) == 2
    assert len(files(container_of(storage, locale="en-US"))) == 3
    assert len(files(container_of(storage, folder="cd34", locale="de-DE"))) == 1


@pytest.mark.parametrize("locale", ["", "en-US"])
@pytest.mark.parametrize("folder", ["", "ab12", HERE])
def test_one_log_is_found_by_its_id(storage, container_of, folder, locale):
    file = container_of(storage, folder=folder, locale=locale).get_log(ID, f"{DAY}_{STEM}_v2_json")
    assert (file.name, file.size) == (f"{STEM}.v2.json", 2)
    with pytest.raises(NotFound):
        container_of(storage, folder=folder, locale="de-DE").get_log(ID, f"{DAY}_{STEM}_v2_json")


@pytest.mark.parametrize("id", [f"2020-01-01_{STEM}_wav", "something"])
def test_a_log_that_is_not_there_is_not_found(storage, container_of, id):
    with pytest.raises(NotFound):
        container_of(storage).get_log(ID, id)
    with pytest.raises(ValueError, match="id of a log"):
        container_of(storage).get_log(ID, "../other")


@pytest.mark.parametrize("by", ["address", "name"])
def test_content_is_streamed_and_can_be_resumed(storage, container_of, by):
    container = container_of(storage)
    url = files(container)[-1].content_url if by == "address" else AUDIO
    content, data = read(container, url)
    assert (data, content.size, content.offset, content.etag) == (b"RIFF" * 500, 2000, 0, '"0x1"')
    content, rest = read(container, url, offset=1500, etag=content.etag)
    assert (rest, content.size, content.offset) == (data[1500:], 2000, 1500)
    with pytest.raises(ContentChanged):
        read(container, url, offset=1500, etag='"another"')
    del storage.blobs[AUDIO]
    with pytest.raises(NotFound):
        read(container, url)


def test_content_that_ends_early_is_incomplete(service, container_of):
    service.says(service.answer(200, b"0123", length=10), "close")
    with pytest.raises(IncompleteContent):
        read(container_of(f"{service.url}/logs"), AUDIO)


def test_the_token_goes_to_the_container_alone(storage, container_of):
    for url in ("https://elsewhere.example/x.wav", f"{storage.url}x/a.wav", f"{storage.url}/a.wav?sig=other"):
        with pytest.raises(ForeignAddress):
            read(container_of(storage), url)
    assert storage.asked == []


def test_a_token_that_ended_is_told_from_one_that_is_wrong(storage, container_of):
    for ask in (files, lambda container: read(container, AUDIO), LogContainer.folders):
        with pytest.raises(ContentExpired, match="has expired"):
            ask(container_of(storage, ENDED))
        with pytest.raises(Unauthorized, match="NoAuthenticationInformation, 401"):
            ask(container_of(storage, SAS.replace("SECRET", "OTHER")))


def test_a_container_that_is_not_there_is_not_found(storage, container_of):
    with pytest.raises(NotFound, match="ContainerNotFound"):
        files(container_of(f"{storage.origin}/elsewhere"))


ANSWERS = [
    (Forbidden, 403, b"<Error><Code>AuthorizationPermissionMismatch</Code><Message>No.</Message></Error>"),
    (TooManyRequests, 429, b""),
    (ServiceFault, 503, b"<Error><Code>ServerBusy</Code><Message>Later.</Message></Error>"),
    (Unreadable, 302, b""),
    (Unreadable, 400, b"<html>"),
    (Unreadable, 200, b"<html>"),
    (Unreadable, 200, b"<EnumerationResults/>"),
    (Unreadable, 200, b'{"values": []}'),
    (Unreadable, 200, b""),
    (Unreadable, 200, b"<EnumerationResults><Blobs><Blob/></Blobs></EnumerationResults>"),
]


@pytest.mark.parametrize(("kind", "status", "body"), ANSWERS)
def test_what_is_no_list_of_blobs_is_an_error_of_this_client(service, container_of, kind, status, body):
    service.answers(status, body, {"Content-Type": "application/xml", "Location": f"{service.url}/x"})
    with pytest.raises(kind):
        files(container_of(f"{service.url}/logs"))
    assert len(service.asked) == 1


LIST = "<EnumerationResults><Blobs></Blobs><NextMarker>{}</NextMarker></EnumerationResults>"
DOCUMENT_TYPES = {
    "a file": '<!DOCTYPE x [<!ENTITY more SYSTEM "file:///etc/hostname">]>',
    "an address": '<!DOCTYPE x [<!ENTITY more SYSTEM "{url}/more">]>',
    "a definition elsewhere": '<!DOCTYPE x SYSTEM "{url}/more.dtd">',
    "a parameter elsewhere": '<!DOCTYPE x [<!ENTITY % more SYSTEM "{url}/more.dtd"> %more;]>',
    "text without end": '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY more "&b;&b;&b;&b;">]>',
    "nothing": "<!DOCTYPE x>",
}


@pytest.mark.parametrize("before", ["", '<?xml version="1.0" encoding="utf-8"?>\n'])
@pytest.mark.parametrize("kind", DOCUMENT_TYPES)
def test_a_list_with_a_document_type_is_refused_and_nothing_else_is_fetched(service, container_of, kind, before):
    named = "&more;" if "ENTITY more" in DOCUMENT_TYPES[kind] else ""
    body = before + DOCUMENT_TYPES[kind].replace("{url}", service.url) + LIST.format(named)
    service.answers(200, body.encode(), {"Content-Type": "application/xml"})
    with pytest.raises(Unreadable, match="it isn't a list of blobs"):
        files(container_of(f"{service.url}/logs"))
    assert len(service.asked) == 1


def test_silence_and_lost_connections_are_told_apart(service, container_of):
    service.says(service.answer(200, b"", length=10), 1.0)
    with pytest.raises(TimedOut):
        files(container_of(f"{service.url}/logs", deadline=0.1))
    service.says("reset")
    with pytest.raises(ConnectionLost):
        files(container_of(f"{service.url}/logs"))
    service.close()
    with pytest.raises(NotSent):
        files(container_of(f"{service.url}/logs"))


def test_pages_without_end_are_noticed(service, container_of):
    page = b"<EnumerationResults><Blobs></Blobs><NextMarker>again</NextMarker></EnumerationResults>"
    service.forever = (service.answer(200, page, {"Content-Type": "application/xml"}),)
    with pytest.raises(Unreadable, match="unexpected response: the list has no end"):
        files(container_of(f"{service.url}/logs"))
    assert len(service.asked) == 2


def test_a_list_is_asked_for_again_after_a_fault(service, container_of):
    page = b"<EnumerationResults><Blobs></Blobs><NextMarker/></EnumerationResults>"
    service.answers(503).answers(200, page, {"Content-Type": "application/xml"})
    assert files(container_of(f"{service.url}/logs", retries=True)) == []
    assert len(service.asked) == 2


def test_entra_credentials_serve_as_well_as_a_token_in_the_address(tls_storage, container_of, trusted):
    credential = Credential()
    container = container_of(tls_storage, sas="", credential=credential, **trusted)
    file = container.get_log(ID, f"{DAY}_{STEM}_wav")
    assert read(container, file.content_url)[1] == b"RIFF" * 500
    assert container.folders() == [HERE]
    assert set(credential.scopes) == {"https://storage.azure.com/.default"}
    assert {headers["Authorization"] for _, _, headers in tls_storage.asked} == {"Bearer a-token"}
    assert all("x-ms-version" in headers for _, _, headers in tls_storage.asked)
    container.close()
    assert credential.closed  # it keeps connections of its own


@pytest.mark.parametrize(
    ("credential", "kind"),
    [
        (Credential(token="another"), Unauthorized),
        (Credential(error=ServiceRequestError("no route to login.example")), NotSent),
        (Credential(error=ClientAuthenticationError("no identity here")), NotSent),
    ],
    ids=["refused", "unreachable", "none"],
)
def test_a_credential_without_a_good_token_says_so(tls_storage, container_of, trusted, credential, kind):
    container = container_of(tls_storage, sas="", credential=credential, **trusted)
    for ask in (files, lambda container: read(container, AUDIO)):
        with pytest.raises(kind):
            ask(container)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "storage",
        "ftp://a.example/logs?sig=SECRET",
        "http://a.example/logs?sig=SECRET",
        "https://me:SECRET@a.example/logs?sig=x",
        "https://a.example/logs",
        "https://a.example/logs?sp=rl",
        "https://a.example:port/logs?sig=SECRET",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(url):
    with pytest.raises(ValueError, match="storage container") as caught:
        LogContainer(url)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "storage.attacker.example",
        "contoso.blob.core.windows.net.attacker.example",
        "blob.core.windows.net",
        "contosoblob.core.windows.net",
        "contoso.table.core.windows.net",
        "127.0.0.1",
    ],
)
def test_a_token_for_storage_goes_to_storage_hosts_only(host):
    with pytest.raises(ValueError, match="must be on a host of Azure Storage"):
        LogContainer(f"https://{host}/customspeech-audiologs", credential=Credential())


@pytest.mark.parametrize(
    "host",
    [
        "contoso.blob.core.windows.net",
        "CONTOSO.BLOB.CORE.WINDOWS.NET",
        "contoso.privatelink.blob.core.windows.net",
        "contoso.z01.blob.storage.azure.net",
        "contoso.blob.core.usgovcloudapi.net",
        "contoso.blob.core.chinacloudapi.cn",
    ],
)
def test_storage_hosts_of_each_cloud_take_a_token(container_of, host):
    assert host.lower() in repr(container_of(f"https://{host}/logs", sas="", credential=Credential()))


def test_entra_needs_https_and_no_second_token():
    for url in ("http://127.0.0.1:1/logs", "https://a.example/logs?sig=x"):
        with pytest.raises(ValueError, match="storage container"):
            LogContainer(url, credential=Credential())
    with pytest.raises(ValueError, match="deadline"):
        LogContainer("https://a.example/logs?sig=x", deadline=0)
    assert "a.example/customspeech-audiologs'" in repr(LogContainer("https://a.example/?sig=x"))


def test_no_error_repr_or_log_line_shows_the_token(storage, service, container_of, caplog):
    caplog.set_level(logging.DEBUG)
    containers = [
        container_of(storage, SAS.replace("signature", "wrong")),
        container_of(storage, ENDED),
        container_of(f"{service.url}/logs"),
    ]
    assert "SECRET" not in "".join(repr(one) + repr(vars(one)) for one in containers)
    for container in containers:
        for ask in (files, lambda container: read(container, AUDIO)):
            service.says("reset")
            with pytest.raises(SpeechError) as caught:
                ask(container)
            told = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
            assert "SECRET" not in told
    read(container_of(storage), AUDIO)
    assert caplog.records
    assert "SECRET" not in caplog.text


def test_a_container_that_repeats_the_token_is_not_repeated(service, container_of):
    body = b"<Error><Code>InvalidInput</Code><Message>Not with SECRET+signature=.</Message></Error>"
    service.answers(400, body)
    with pytest.raises(Refused, match=r"Not with \*\*\*. \(InvalidInput, 400\)"):
        files(container_of(f"{service.url}/logs"))


def test_the_storage_library_is_imported_only_when_a_container_is_used():
    script = (
        "import sys, endpoints.azure.container; print('azure.storage.blob' in sys.modules, 'azure.core' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def of_simulator(world, query=""):
    return world.control("GET", f"container{query}")["container"]


def test_the_simulators_container_holds_what_its_logs_api_lists(world, speech, container_of):
    with_logs = [one for one in speech.list_endpoints() if one.logging_enabled]
    theirs = {log.id.replace("__", "_"): log for one in with_logs for log in speech.list_logs(one.id)}
    container = container_of(of_simulator(world), sas="")
    ours = {file.id: file for file in files(container)}
    assert ours
    assert {(file.id, file.kind, file.size) for file in ours.values()} >= {
        (id, log.kind, log.size) for id, log in theirs.items()
    }
    for id, log in theirs.items():
        with speech.open_content(log.content_url) as content:
            expected = b"".join(content.chunks())
        assert read(container, container.get_log(ID, id).content_url)[1] == expected
    assert len(container.folders()) >= len(with_logs)


def test_one_folder_of_the_simulators_container_is_read_in_parts(world, container_of):
    url = of_simulator(world)
    folder = container_of(url, sas="").folders()[0]
    container = container_of(url, sas="", folder=folder)
    file = next(file for file in files(container) if file.kind == "Audio")
    assert file.content_url.split("/customspeech-audiologs/")[1].startswith(f"{folder}/")
    content, whole = read(container, file.content_url)
    assert read(container, file.content_url, offset=1000, etag=content.etag)[1] == whole[1000:]
    assert container.get_log(ID, file.id) == file


def test_the_simulators_tokens_end_and_have_permissions(world, container_of):
    ended = container_of(of_simulator(world, "?seconds=60"), sas="")
    assert files(ended)
    world.advance(61)
    with pytest.raises(ContentExpired):
        files(ended)
    with pytest.raises(Forbidden, match="AuthorizationPermissionMismatch"):
        files(container_of(of_simulator(world, "?sp=r"), sas=""))
