"""One entry of the content logs: what was said, the recording to hear, and the words where they were said."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from endpoints import audit
from endpoints.logs import reading
from endpoints.logs.storage import plain, store
from endpoints.models import Endpoint, Event, LogArchive, LogEntry, LogFile
from endpoints.models.event import Verb
from endpoints.models.log import FileKind
from endpoints.pages.content_logs import filters, listing, purposes, ranges
from endpoints.pages.http import HttpRequest, may
from endpoints.pages.stamps.logs import LogStamp

ONE_PLAY = timedelta(minutes=15)  # parts of a recording that are asked for within it are one play
LARGEST = 4_000_000  # bytes of a transcript that is read for its words
MOST_WORDS = 5000


@require_http_methods(["GET", "HEAD", "POST"])
@may("read_logs")
@purposes.first
def log_entry(request: HttpRequest, pk: UUID, entry: int) -> HttpResponse:
    """Opening it is a wish for what is not here yet; a press on the page is one more."""
    endpoint = get_object_or_404(Endpoint.objects.for_page(), pk=pk)
    shown = get_object_or_404(LogEntry.objects.for_list(), pk=entry, endpoint=endpoint)
    shown.endpoint = endpoint
    missing = [file for file in shown.files.all() if not file.held and not file.gone_at]
    if request.method == "POST":
        _want(endpoint, missing)
        return redirect(request.get_full_path())
    archive = LogArchive.objects.filter(pk=pk).first()
    if request.method == "GET" and not request.htmx:
        _write_down(request, Verb.LOGS_READ, shown)
        if new := [file for file in missing if not file.wanted_at]:
            archive = _want(endpoint, new)
    if archive and _overlooked(archive, missing):
        archive = _want(endpoint, missing)
    context = _seen(request, endpoint, shown) | {"archive": archive, "missing": missing}
    context["fetching"] = bool(missing and archive and archive.refreshing)
    if request.htmx.target == "content":
        return render(request, "endpoints/_log_content.html", context)
    return render(request, "endpoints/log_entry.html", context | _around(request, shown))


@require_safe
@may("read_logs")
def audio(request: HttpRequest, pk: UUID, entry: int) -> HttpResponseBase:
    """The recording, or the part of it that a player asks for; who plays it is written down."""
    if settings.PURPOSE_REQUIRED and not purposes.of(request, pk):
        return redirect("endpoints:log-entry", pk=pk, entry=entry)
    file = _stored(pk, entry, FileKind.AUDIO)
    playable = _is_wave(file)
    answer = _file(request, file, "audio/wav" if playable else ranges.OCTETS, attachment=not playable)
    if answer.streaming and not _playing(request, file.entry):
        _write_down(request, Verb.LOGS_PLAYED, file.entry)
    return answer


@require_safe
@may("read_logs")
def transcript(request: HttpRequest, pk: UUID, entry: int) -> HttpResponseBase:
    """The transcript as the service wrote it, whatever it is."""
    if settings.PURPOSE_REQUIRED and not purposes.of(request, pk):
        return redirect("endpoints:log-entry", pk=pk, entry=entry)
    file = _stored(pk, entry, FileKind.TRANSCRIPTION)
    answer = _file(request, file, "text/plain; charset=utf-8")
    if answer.streaming:
        _write_down(request, Verb.LOGS_READ, file.entry)
    return answer


def _stored(endpoint: UUID, entry: int, kind: FileKind) -> LogFile:
    files = LogFile.objects.stored().select_related("entry", "entry__endpoint").order_by("pk")
    return get_object_or_404(files.filter(endpoint=endpoint, entry=entry, kind=kind)[:1])


def _file(request: HttpRequest, file: LogFile, kind: str, *, attachment: bool = True) -> HttpResponseBase:
    return ranges.answer(
        request,
        store(),
        file.stored_as,
        size=file.size,
        sha256=file.sha256,
        file_name=plain(file.name),
        content_type=kind,
        attachment=attachment,
    )


def _write_down(request: HttpRequest, verb: Verb, entry: LogEntry) -> None:
    purpose = purposes.of(request, entry.endpoint_id)
    audit.record(verb, actor=request.user, endpoint=entry.endpoint, detail=purpose, entry=entry.key)


def _playing(request: HttpRequest, entry: LogEntry) -> bool:
    """This person began to play it a moment ago: what a player asks for now is a part of the same play."""
    begun = Event.objects.filter(endpoint_id=entry.endpoint_id, actor_id=request.user.pk, verb=Verb.LOGS_PLAYED)
    since = timezone.now() - ONE_PLAY - (entry.duration or timedelta())
    return begun.filter(at__gt=since, facts__entry=entry.key).exists()


def _want(endpoint: Endpoint, files: list[LogFile]) -> LogArchive | None:
    if not files or not listing.readable(endpoint):
        return LogArchive.objects.filter(pk=endpoint.pk).first()
    LogFile.objects.filter(pk__in=[file.pk for file in files]).update(wanted_at=timezone.now())
    return listing.want_look(endpoint)


def _overlooked(archive: LogArchive, missing: list[LogFile]) -> bool:
    """The worker ended its look in the very moment of the wish."""
    begun = archive.begun_at
    return not archive.refreshing and any(file.wanted_at and begun and file.wanted_at > begun for file in missing)


def _seen(request: HttpRequest, endpoint: Endpoint, entry: LogEntry) -> dict[str, Any]:
    said = _transcript(entry.transcript)
    state = filters.state(request.GET)
    version = LogStamp.now(endpoint.pk, entry.pk).version
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


def _around(request: HttpRequest, entry: LogEntry) -> dict[str, LogEntry | None]:
    """The entries before and after it among those that the address selects."""
    order = filters.NEWEST_FIRST
    rows = LogEntry.objects.filter(endpoint=entry.endpoint_id).filtered_by(request.GET).only("endpoint", "at")
    return {
        name: order.sort(order.behind(rows, order.key(entry), backwards=backwards), backwards=backwards).first()
        for name, backwards in (("newer", True), ("older", False))
    }


def _transcript(file: LogFile | None) -> reading.Transcript | None:
    """What our copy says, with its words; None when there is none that is whole."""
    if file is None or not file.held or file.size > LARGEST:
        return None
    data = _beginning(file, LARGEST + 1)
    return reading.read(data) if len(data) == file.size else None


def _recording(file: LogFile | None) -> str:
    """What can be done with our copy.

    "playable", "strange" when it is no WAV file, "broken" when it is not whole, "away" when the storage does not say.
    """
    if file is None or not file.held:
        return ""
    try:
        if not ranges.whole(store(), file.stored_as, file.size):
            return "broken"
    except OSError:
        return "away"
    return "playable" if _is_wave(file) else "strange"


def _is_wave(file: LogFile) -> bool:
    return reading.is_wave(_beginning(file, reading.WAVE_HEAD))


def _beginning(file: LogFile, length: int) -> bytes:
    try:
        with store().open(file.stored_as) as stored:
            return bytes(stored.read(length))
    except OSError:
        return b""
