"""One entry of the content logs: the recognized text, the recording, and the words with their times."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import audit
from endpoints.access import door
from endpoints.access.door.versions import LogsVersion
from endpoints.access.permissions import may
from endpoints.logs import readings, recordings, transcripts
from endpoints.logs.storage.place import plain, store
from endpoints.models import Endpoint, LogArchive, LogEntry, LogFile
from endpoints.models.event import Verb
from endpoints.models.log import FileKind
from endpoints.pages.content_logs import filters, listing, purposes, ranges
from endpoints.pages.http import HttpRequest
from endpoints.pages.time_zones import in_utc

ONE_PLAY = timedelta(minutes=15)  # parts of a recording that are requested within this time are one play
LARGEST = 4_000_000  # bytes of a transcript that is read for its words
MOST_WORDS = 5000


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
@purposes.first
@in_utc
def log_entry(request: HttpRequest, pk: UUID, entry: int) -> HttpResponse:
    """Opening the page requests the files that are not here yet; the button requests them again."""
    endpoint = door.endpoint_page(request.user, pk, door.READ_LOGS)
    archive = door.log_archives(request.user).found(endpoint)
    version, shown = _read(request, endpoint, entry)
    missing = shown.missing_files
    if request.method == "POST":
        _request_files(request, endpoint, missing)
        return redirect(request.get_full_path())
    if request.method == "GET":
        record = readings.record_entry_fragment if request.htmx else readings.record_entry
        record(actor=request.user, entry=shown, purpose=purposes.of(request, pk))
        new = [file for file in missing if not file.requested_at]
        if new and not request.htmx:
            archive = _request_files(request, endpoint, new)
            version, shown = _read(request, endpoint, entry)
    if archive and _requested_too_late(archive, missing):
        archive = _request_files(request, endpoint, missing)
    context = _entry_context(request, endpoint, shown, version) | {"archive": archive, "missing": missing}
    context["fetching"] = bool(missing and archive and archive.refreshing)
    if request.htmx.target == "content":
        return render(request, "content_logs/_content.html", context)
    return render(request, "content_logs/entry.html", context | _neighbors(request, shown))


def _read(request: HttpRequest, endpoint: Endpoint, entry: int) -> tuple[str, LogEntry]:
    """The version is taken first, and the archive before: what changes in between is seen by the next poll."""
    version = LogsVersion.now(endpoint.pk, entry).version
    return version, found(request, endpoint, entry)


def found(request: HttpRequest, endpoint: Endpoint, entry: int) -> LogEntry:
    shown = get_object_or_404(door.log_entries(request.user).for_list(), pk=entry, endpoint=endpoint)
    shown.endpoint = endpoint
    return shown


@require_safe
@may("read_logs")
def audio(request: HttpRequest, pk: UUID, entry: int) -> HttpResponseBase:
    """The recording, or the range of it that a player requests; who plays it is recorded."""
    if purposes.missing(request, pk):
        return redirect("endpoints:log-entry", pk=pk, entry=entry)
    file = _stored(request, pk, entry, FileKind.AUDIO)
    playable = recordings.is_wave(_beginning(file, recordings.RIFF))
    response = _response(request, file, "audio/wav" if playable else ranges.OCTET_STREAM, attachment=not playable)
    if response.streaming and not _playing(request, file.entry):
        _record(request, Verb.LOGS_PLAYED, file.entry)
    return response


@require_safe
@may("read_logs")
def transcript(request: HttpRequest, pk: UUID, entry: int) -> HttpResponseBase:
    """The transcript as the service wrote it, whatever it is."""
    if purposes.missing(request, pk):
        return redirect("endpoints:log-entry", pk=pk, entry=entry)
    file = _stored(request, pk, entry, FileKind.TRANSCRIPTION)
    response = _response(request, file, "text/plain; charset=utf-8")
    if response.streaming:
        _record(request, Verb.LOGS_READ, file.entry)
    return response


def _stored(request: HttpRequest, endpoint: UUID, entry: int, kind: FileKind) -> LogFile:
    files = door.log_files(request.user).stored().select_related("entry", "entry__endpoint").order_by("pk")
    return get_object_or_404(files.filter(endpoint=endpoint, entry=entry, kind=kind)[:1])


def _response(request: HttpRequest, file: LogFile, kind: str, *, attachment: bool = True) -> HttpResponseBase:
    return ranges.stored_file(
        request,
        store(),
        file.stored_as,
        size=file.size,
        sha256=file.sha256,
        file_name=plain(file.name),
        content_type=kind,
        attachment=attachment,
    )


def _record(request: HttpRequest, verb: Verb, entry: LogEntry) -> None:
    purpose = purposes.of(request, entry.endpoint_id)
    audit.record(verb, actor=request.user, endpoint=entry.endpoint, detail=purpose, entry=entry.key)


def _playing(request: HttpRequest, entry: LogEntry) -> bool:
    """This person began to play it a moment ago: what a player requests now belongs to the same play."""
    events = door.events(request.user, door.READ_LOGS)
    begun = events.filter(endpoint_id=entry.endpoint_id, actor_id=request.user.pk, verb=Verb.LOGS_PLAYED)
    since = timezone.now() - ONE_PLAY - (entry.duration or timedelta())
    return begun.filter(at__gt=since, facts__entry=entry.key).exists()


def _request_files(request: HttpRequest, endpoint: Endpoint, files: list[LogFile]) -> LogArchive | None:
    """Ask a worker to fetch `files`, if the service can be asked."""
    if not files or not listing.readable(endpoint):
        return door.log_archives(request.user).found(endpoint)
    rows = door.log_files(request.user).filter(pk__in=[file.pk for file in files])
    rows.update(requested_at=timezone.now())
    return listing.request_refresh(endpoint)


def _requested_too_late(archive: LogArchive, missing: list[LogFile]) -> bool:
    """A worker has finished, but had begun before a missing file was requested."""
    begun = archive.started_at
    return not archive.refreshing and any(file.requested_at and begun and file.requested_at > begun for file in missing)


def _entry_context(request: HttpRequest, endpoint: Endpoint, entry: LogEntry, version: str) -> dict[str, Any]:
    said = _transcript(entry.transcript)
    state = filters.state(request.GET)
    return {
        "section": "logs",
        "endpoint": endpoint,
        "entry": entry,
        "state": state,
        "poll_url": f"{request.path}?{filters.state(request.GET, version=version)}",
        "recording": _recording(entry.audio),
        "words": said.words[:MOST_WORDS] if said else [],
        "readable": listing.readable(endpoint),
    }


def _neighbors(request: HttpRequest, entry: LogEntry) -> dict[str, LogEntry | None]:
    """The entries before and after it among those that the address selects."""
    order = filters.NEWEST_FIRST
    rows = (
        door.log_entries(request.user)
        .filter(endpoint=entry.endpoint_id)
        .filtered_by(request.GET)
        .only("endpoint", "at")
    )
    return {
        name: order.sort(order.after(rows, order.key(entry), backwards=backwards), backwards=backwards).first()
        for name, backwards in (("newer", True), ("older", False))
    }


def _transcript(file: LogFile | None) -> transcripts.Transcript | None:
    """The text and words of our copy; None when there is no complete one."""
    if file is None or not file.held or file.size > LARGEST:
        return None
    data = _beginning(file, LARGEST + 1)
    return transcripts.read(data) if len(data) == file.size else None


def _recording(file: LogFile | None) -> str:
    """What can be done with our copy.

    "playable", "strange" for no WAV file, "empty" without a sample, "broken" for an incomplete file, "away" when the
    storage does not answer.
    """
    if file is None or not file.held:
        return ""
    try:
        if not ranges.is_complete(store(), file.stored_as, file.size):
            return "broken"
    except OSError:
        return "away"
    head = _beginning(file, recordings.HEAD)
    if recordings.is_empty(head, file.size):
        return "empty"
    return "playable" if recordings.is_wave(head) else "strange"


def _beginning(file: LogFile, length: int) -> bytes:
    try:
        with store().open(file.stored_as) as stored:
            return bytes(stored.read(length))
    except OSError:
        return b""
