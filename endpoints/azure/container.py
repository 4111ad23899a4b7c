"""Content logs in the customer's own storage container, for API versions without operations on logs.

From 2024-11-15 on only resources with their own storage log content, and the service writes the files to the
container `customspeech-audiologs` as <hash>/<locale>/<yyyy-mm-dd>/<HHMMSS>_<guid>.wav and .v2.json ("How to log audio
and transcriptions for speech recognition"). What the hash stands for is not documented: `folders()` lists what there
is, for a person to choose.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, quote, unquote

import httpx

from . import errors
from .addresses import BLOB_HOSTS, is_loopback, log_id
from .contents import Contents
from .curl import OPERATION, Source, checked
from .deadline import Deadline
from .entities import LogFile, LogPage
from .error_body import ErrorBody
from .network import PUBLIC, Network
from .sending import COMMON_HEADERS, READ_SECONDS, ApiResponse, failure
from .times import moment
from .transport import Transport

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from .blobs import Lister

CONTAINER = "customspeech-audiologs"
STORAGE_VERSION = "2021-08-06"  # x-ms-version of reads: any version that knows Entra tokens will do
_LAYOUT = re.compile(r"(?P<folder>[^/]+/(?P<locale>[^/]+))/(?P<day>\d{4}-\d\d-\d\d)/(?P<file>[A-Za-z0-9_.-]+)")
_LOG_ID = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<time>[^_]+)_.+")
_KINDS = {".wav": "Audio", ".json": "Transcription"}
_SAID = re.compile(rb"<(Code|Message)>([^<\r\n]{0,500})")
_TOO_LATE = b"not valid in the specified time frame"


class LogContainer(Contents):
    """The content logs in one container; it lists and opens them like a SpeechClient.

    url: https://ACCOUNT.blob.core.windows.net/customspeech-audiologs with a SAS token that may list and read (sp=rl),
    or without one and with `credential`, a TokenCredential of azure-identity whose identity is Storage Blob Data
    Reader. folder: one of folders(), or its first part alone; locale: only that one; without them all there is,
    because nothing in the container names an endpoint. deadline: seconds for one page, with all attempts.
    The SAS token or the credential's token goes to the container's own origin only, and is in no error, repr or log
    line. token_hosts: endings of the host names that a credential's token may be sent to; Azure gives the same token
    for all storage, so that any other host could use it to read every account. network: its proxy, authorities and
    closed networks hold for lists and contents. Threads may share one.
    ValueError: an address or a combination that cannot be used.
    """

    def __init__(
        self,
        url: str,
        *,
        folder: str = "",
        locale: str = "",
        credential: "TokenCredential | None" = None,
        deadline: float = 30.0,
        retries: bool = True,
        transport: httpx.BaseTransport | None = None,
        token_hosts: tuple[str, ...] = BLOB_HOSTS,
        network: Network = PUBLIC,
    ) -> None:
        address, self._sas = _checked(url, credential is not None)
        if credential is not None and not address.host.lower().endswith(token_hosts):
            raise ValueError("Without a SAS token, the storage container must be on a host of Azure Storage.")
        if not deadline > 0:
            raise ValueError("A deadline is a number of seconds above 0.")
        self._address = str(address)
        self._folder, self._locale = folder.strip("/"), locale
        if self._folder and self._locale and "/" not in self._folder:
            self._folder = f"{self._folder}/{self._locale}"
        self._prefix = f"{self._folder}/" if self._folder else ""
        self._credential, self._seconds, self._retries = credential, deadline, retries
        self._transport = transport or Transport(network=network)
        self._network = network

    def __repr__(self) -> str:
        return f"LogContainer({self._address!r}, folder={self._folder!r}, locale={self._locale!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept alive, also those of the credential, which is used by this one alone."""
        self._transport.close()
        if callable(close := getattr(self._credential, "close", None)):
            close()

    def folders(self) -> list[str]:
        """The <hash>/<locale> folders that exist, sorted."""
        lister = self._lister()
        first = [name for page, _ in lister.pages("", delimiter="/") for name in _folders(page)]
        return sorted(
            name for one in first for page, _ in lister.pages(f"{one}/", delimiter="/") for name in _folders(page)
        )

    def list_log_pages(
        self, endpoint_id: str, *, sas_seconds: int = 3600, skip_token: str | None = None
    ) -> Iterator[LogPage]:
        """The logs in pages like SpeechClient.list_log_pages(); `content_url` has no signature.

        `endpoint_id` and `sas_seconds` are not used: the container knows no endpoints, and no address here is secret.
        NotFound: there is no such container. Forbidden, Unauthorized, ContentExpired (a SAS token's end is past).
        """
        for page, marker in self._lister().pages(self._prefix, skip_token):
            yield LogPage(tuple(file for blob in page if (file := self._log_file(blob))), marker)

    def get_log(self, endpoint_id: str, id: str, *, sas_seconds: int = 3600) -> LogFile:
        """One file by its id: its day and time lead to a few blobs. NotFound when it is there no longer."""
        if parts := _LOG_ID.fullmatch(log_id(id)):
            for folder in self._chosen():
                for page, _ in self._lister().pages(f"{folder}/{parts['day']}/{parts['time']}_"):
                    for blob in page:
                        file = self._log_file(blob)
                        if file and file.id == id:
                            return file
        raise errors.NotFound("The log isn't in the storage container.", operation="List Blobs", status=404)

    # batch() takes a file's `content_url` or its blob's name. A file that is gone is NotFound, and ContentExpired means
    # that the SAS token has ended, which get_log() cannot help.

    def _refused(self, answer: ApiResponse) -> errors.SpeechError:
        return self._refusal(OPERATION, answer)

    def _lister(self) -> "Lister":
        from .blobs import Lister, Wire

        def wire() -> Wire:
            return Wire(self._transport, self._signed, lambda answer: self._refusal("List Blobs", answer))

        return Lister(self._address, self._credential, self._seconds, self._retries, wire)

    def _chosen(self) -> list[str]:
        if "/" in self._folder:
            return [self._folder]
        ending = f"/{self._locale}" if self._locale else ""
        return [one for one in self.folders() if one.startswith(self._prefix) and one.endswith(ending)]

    def _log_file(self, blob: Any) -> LogFile | None:
        """A blob as a log, unless it is something else that lies in the container."""
        layout = _LAYOUT.fullmatch(blob.name)
        if not layout or (self._locale and layout["locale"] != self._locale):
            return None
        day, file = layout["day"], layout["file"]
        return LogFile(
            id=f"{day}_{file.replace('.', '_')}",
            name=file,
            kind=_KINDS.get(file[file.rfind(".") :], ""),
            size=blob.size,
            created=blob.creation_time or blob.last_modified,
            content_url=f"{self._address}/{quote(blob.name)}",
        )

    def _name_behind(self, url: str) -> str:
        beginning = f"{self._address}/"
        if not url.startswith(beginning) or "?" in url or "#" in url:
            sentence = "The file can't be downloaded because its address isn't in the storage container."
            raise errors.ForeignAddress(sentence, operation=OPERATION)
        return unquote(url.removeprefix(beginning))

    # The signature or the token is added in functions of their own, so that no frame of an error holds it.

    def _signed(self, request: Any, due: Deadline) -> httpx.Request:
        url = self._sas.added_to(request.url)
        headers = {**request.headers, **COMMON_HEADERS}
        return httpx.Request(request.method, url, headers=headers, extensions={"timeout": due.timeouts(READ_SECONDS)})

    def _source(self, url: str) -> Source:
        name = self._name_behind(url) if "://" in url else url
        checked(Source(self._address), self._network)
        headers = [f"x-ms-version: {STORAGE_VERSION}"]
        if self._credential is not None:
            from .blobs import token_for

            headers.append(f"Authorization: Bearer {token_for(self._credential)}")
        return Source(str(self._sas.added_to(f"{self._address}/{quote(name)}")), tuple(headers))

    def _refusal(self, operation: str, answer: ApiResponse) -> errors.SpeechError:
        said = {name: text.decode("utf-8", "replace") for name, text in _SAID.findall(answer.data)}
        code = answer.headers.get("x-ms-error-code", "") or said.get(b"Code", "")
        if answer.status in (401, 403) and self._sas.ended(answer):
            sentence = (
                "The SAS token of the storage container has expired. "
                "Enter a new one on the page of the Speech resource."
            )
            return errors.ContentExpired(sentence, operation=operation)
        if answer.status == 404 and not code:
            code = "NotFound"
        message = self._sas.hidden(said.get(b"Message", ""))
        return failure(operation, answer, ErrorBody(code, "", message, "") if code else None)


class _Sas:
    """A SAS token; `added_to()` alone gives it away."""

    def __init__(self, query: str) -> None:
        self._query = query
        parameters = parse_qs(query)
        self.end = moment(parameters.get("se", [""])[0])
        self._signature = parameters.get("sig", [""])[0]

    def __repr__(self) -> str:
        return "_Sas()"

    def added_to(self, url: str) -> httpx.URL:
        return httpx.URL(f"{url}{'&' if '?' in url else '?'}{self._query}" if self._query else url)

    def ended(self, answer: ApiResponse) -> bool:
        """Whether the token's time is over, by the storage service's clock."""
        try:
            now = parsedate_to_datetime(answer.headers.get("date", ""))
        except ValueError:
            now = datetime.now(UTC)
        if now.tzinfo is None:
            now = now.replace(tzinfo=UTC)
        return bool(self._query) and (_TOO_LATE in answer.data or bool(self.end and self.end <= now))

    def hidden(self, text: str) -> str:
        """`text` without the signature, should the other side repeat it."""
        return text.replace(self._signature, "***") if self._signature else text


def _checked(url: str, entra: bool) -> tuple[httpx.URL, _Sas]:
    """The container's address and its SAS token. The errors do not repeat the address: it may be a secret."""
    try:
        address = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError):
        raise ValueError(
            "The address of the storage container isn't valid. Enter an address that starts with https://."
        ) from None
    if address.scheme not in ("https", "http") or not address.host or address.userinfo or address.fragment:
        raise ValueError(
            "Enter an address of the storage container that starts with https:// and has no user name or fragment."
        )
    if address.scheme == "http" and (entra or not is_loopback(address)):
        raise ValueError(
            "The address of the storage container must start with https://. Only a simulator can use http://."
        )
    sas = address.query.decode("ascii")
    if bool(sas) == entra or (sas and "sig" not in parse_qs(sas)):
        raise ValueError("The storage container needs either a SAS token in its address or Microsoft Entra.")
    path = address.path.strip("/") or CONTAINER
    return address.copy_with(raw_path=quote(f"/{path}").encode()), _Sas(sas)


def _folders(page: list[Any]) -> list[str]:
    return [one.name.rstrip("/") for one in page if one.name.endswith("/")]
