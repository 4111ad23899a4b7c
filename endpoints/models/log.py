"""Content logs of an endpoint: entries, each a recording and its transcript, and their files.

The service lists files only (Endpoints_ListLogs). An entry is made here of the two files whose ids begin alike. Rows
stay after the service has deleted a file for as long as a copy is stored here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self, cast

from django.db import models
from django.db.models import Count, Prefetch, Q, Sum
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import unleased
from endpoints.models.endpoint import Endpoint
from endpoints.models.log_names import guid_column, named_so
from endpoints.models.log_probes import is_none_of
from endpoints.models.query_values import parse_day, parse_number
from endpoints.models.search import LOG_TEXT
from endpoints.models.search_words import SearchWords

RETENTION = timedelta(days=30)  # in the service's own storage ("Log audio and transcriptions")
LONGEST_SEARCH = 200  # characters

# Entries that lack a file, or have an empty one.
PARTIAL = Q(has_audio=False) | Q(has_transcript=False) | Q(empty=True)
MISSING = Q(stored_as="", gone_at=None)  # files that are not stored here and not known to be gone


class FileKind(models.TextChoices):
    """FileKind of the contract, as far as logs have it; other kinds are shown as the service calls them."""

    AUDIO = "Audio", _("Audio")
    TRANSCRIPTION = "Transcription", _("Transcript")


class Outcome(models.TextChoices):
    """Whether the transcript has recognized text."""

    UNREAD = "", _("Not read yet")
    RECOGNIZED = "recognized", _("Recognized")
    NOTHING = "nothing", _("No result")
    ERROR = "error", _("Recognition failed")
    UNREADABLE = "unreadable", _("The transcript can't be read")


SUMMED = (Outcome.RECOGNIZED, Outcome.NOTHING, Outcome.ERROR)  # a transcript that can't be read tells nothing
UNSUMMED = Q(outcome__in=[outcome.value for outcome in SUMMED], summed=False, probe=False)
RESULTS = {"none": Outcome.NOTHING, "error": Outcome.ERROR, "unreadable": Outcome.UNREADABLE}  # in query strings


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def filtered_by(self, query: Mapping[str, Any]) -> Self:
        """Entries that match the search and the filters of a query string; invalid values are ignored.

        `q`: the id or file name of a log, or words of the recognized text; `from`, `to`: days (UTC) like 2026-03-02,
        both inclusive; `longer`, `shorter`: seconds; `below`: confidence in percent; `result`: a name in RESULTS;
        `partial`: lacks a file or has an empty one; `probes`: also what the product itself has sent to the endpoint.
        """
        rows: Any = self if query.get("probes") else self.without_probes()
        if words := str(query.get("q") or "").replace("\0", "").strip()[:LONGEST_SEARCH]:
            named = rows.filter(by_name) if (by_name := named_so(words, LogFile.objects)) else rows.none()
            rows = named if named.exists() else LOG_TEXT.matching(rows, words)[0]
        if begin := parse_day(query.get("from")):
            rows = rows.filter(day__gte=begin)
        if end := parse_day(query.get("to")):
            rows = rows.filter(day__lte=end)
        if (seconds := parse_number(query.get("longer"))) is not None:
            rows = rows.filter(duration__gte=timedelta(seconds=seconds))
        if (seconds := parse_number(query.get("shorter"))) is not None:
            rows = rows.filter(duration__lte=timedelta(seconds=seconds))
        if (percent := parse_number(query.get("below"))) is not None:
            rows = rows.filter(confidence__lt=percent / 100)
        if outcome := RESULTS.get(str(query.get("result") or "")):
            rows = rows.filter(outcome=outcome)
        if query.get("partial"):
            rows = rows.filter(PARTIAL)
        return cast(Self, rows)

    def selected_by(self, query: Any) -> Self:
        """Entries whose ids are in `entry` of a QueryDict; without one, all that match the search and the filters."""
        if "entry" not in query:
            return self.filtered_by(query)
        return self.filter(pk__in=[int(text) for text in query.getlist("entry") if text.isdecimal() and len(text) < 19])

    def without_probes(self) -> Self:
        """What callers said, without what the product itself has sent to the endpoint."""
        return self.filter(is_none_of("pk", LogEntry.objects.filter(probe=True)))

    def for_list(self) -> Self:
        return self.prefetch_related(Prefetch("files", LogFile.objects.order_by("kind"))).defer("words")

    def versions(self, *_fields: str) -> Self:
        """Rows of a list page; all columns, because the page shows all of them."""
        return self.for_list()


class LogEntry(models.Model):
    """One utterance or session: when it was recorded, what was recognized, and which of its two files exist."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_entries")
    key = models.CharField(max_length=1000)  # the common beginning of the ids of its files
    at = models.DateTimeField()
    day = models.DateField()  # UTC, as the service counts days when it deletes
    duration = models.DurationField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.UNREAD, blank=True)
    text = models.TextField(blank=True)
    confidence = models.FloatField(null=True)  # 0 to 1, of the best alternative
    has_audio = models.BooleanField(default=False)
    has_transcript = models.BooleanField(default=False)
    empty = models.BooleanField(default=False)  # one of its files has 0 bytes
    probe = models.BooleanField(default=False, db_default=False)  # the product itself has sent it (SentRecording)
    summed = models.BooleanField(default=False, db_default=False)  # it is in the sums of its day (QualityDay)
    # Columns that the database computes, for search.
    words = models.GeneratedField(expression=SearchWords("text"), output_field=models.TextField(), db_persist=True)
    guid = guid_column("key")

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="log_entry_once")]
        indexes = [
            models.Index(fields=["endpoint", "at", "id"], name="log_entries_by_time"),
            models.Index(fields=["endpoint", "day"], name="log_entries_by_day"),
            models.Index(fields=["endpoint", "guid"], name="log_entries_by_guid"),
            models.Index(fields=["endpoint", "outcome", "at", "id"], name="log_entries_by_outcome"),
            models.Index(fields=["endpoint", "at", "id"], condition=PARTIAL, name="log_entries_partial"),
            models.Index(fields=["endpoint"], condition=Q(probe=True), name="log_entries_of_probes"),
            models.Index(fields=["endpoint", "id"], condition=UNSUMMED, name="log_entries_unsummed"),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("endpoints:log-entry", args=[self.endpoint_id, self.pk])

    @property
    def partial(self) -> bool:
        """Lacks a file, or has an empty one: the service drops parts of logs under load."""
        return self.empty or not (self.has_audio and self.has_transcript)

    @property
    def flagged(self) -> bool:
        """The list shows more than its text: a badge says what is missing, or that the product itself has sent it."""
        return self.partial or self.probe or self.outcome != Outcome.RECOGNIZED

    @property
    def size(self) -> int:
        """Bytes of its files, as listed."""
        return sum(file.size for file in self.files.all())

    def file(self, kind: FileKind) -> LogFile | None:
        return next((file for file in self.files.all() if file.kind == kind), None)

    @property
    def audio(self) -> LogFile | None:
        return self.file(FileKind.AUDIO)

    @property
    def transcript(self) -> LogFile | None:
        return self.file(FileKind.TRANSCRIPTION)

    @property
    def missing_files(self) -> list[LogFile]:
        """The files that the service has and we do not."""
        return [file for file in self.files.all() if not file.held and not file.gone_at]

    @property
    def held(self) -> int:
        """How many of its files are stored here."""
        return sum(file.held for file in self.files.all())

    @property
    def in_azure(self) -> bool:
        """The service still has at least one of its files."""
        return any(not file.gone_at for file in self.files.all())

    @property
    def vanishes_at(self) -> datetime | None:
        """When the service deletes the first of its files; None when it has none, or their age is unknown."""
        return min((at for file in self.files.all() if (at := file.vanishes_at)), default=None)

    @property
    def percent(self) -> int | None:
        """The confidence in percent."""
        return None if self.confidence is None else round(self.confidence * 100)


class LogFileQuerySet(models.QuerySet["LogFile"]):
    def stored(self) -> Self:
        return self.exclude(stored_as="")

    def missing(self) -> Self:
        return self.filter(MISSING)

    def without_probes(self) -> Self:
        """As for entries."""
        return self.filter(is_none_of("entry", LogEntry.objects.filter(probe=True)))

    def unread_rows(self, endpoint: Any) -> Self:
        """The transcripts of an endpoint that are not stored here."""
        return self.missing().without_probes().filter(endpoint=endpoint, kind=FileKind.TRANSCRIPTION)

    def unread(self, endpoint: Any) -> int:
        return self.unread_rows(endpoint).count()

    def in_azure(self) -> Self:
        """Files that the service still has."""
        return self.filter(gone_at=None)

    def unleased(self) -> Self:
        """Files that no worker is fetching."""
        return self.filter(unleased())

    def vanishing(self, within: timedelta) -> Self:
        """Files that the service deletes within this time."""
        return self.in_azure().filter(created_at__lte=Now() - (RETENTION - within))

    def totals(self) -> dict[str, int]:
        """files_total, bytes_total: everything that exists; files_done, bytes_done: what is stored here."""
        held = ~Q(stored_as="")
        sums = self.filter(Q(gone_at=None) | held).aggregate(
            files_total=Count("pk"),
            files_done=Count("pk", filter=held),
            bytes_total=Sum("size", default=0),
            bytes_done=Sum("size", filter=held, default=0),
        )
        return {name: int(value) for name, value in sums.items()}


class LogFile(models.Model):
    """One file of a content log: the audio or the transcription of an entry."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_files")
    entry = models.ForeignKey(LogEntry, on_delete=models.CASCADE, related_name="files")
    remote_id = models.CharField(max_length=1000)
    name = models.CharField(max_length=1000)
    kind = models.CharField(max_length=40)
    size = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(db_default=Now())  # the last listing that had this file
    gone_at = models.DateTimeField(null=True)
    stored_as = models.CharField(max_length=255, blank=True)
    stored_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=100, blank=True)  # of the content of a partly fetched file
    problem = models.TextField(blank=True)  # why it could not be fetched
    failures = models.PositiveSmallIntegerField(default=0)
    requested_at = models.DateTimeField(null=True)  # somebody waits to play it
    # The worker that is fetching it, so that several jobs fetch it once.
    lease = models.UUIDField(null=True)
    leased_until = models.DateTimeField(null=True)

    objects = LogFileQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "name"]
        default_permissions = ()
        permissions = [
            ("read_logs", "Can read content logs: recordings and transcripts"),
            ("manage_logs", "Can decide how long content logs are kept, and delete them"),
        ]
        constraints = [models.UniqueConstraint(fields=["endpoint", "remote_id"], name="log_file_once")]
        indexes = [
            models.Index(fields=["endpoint", "created_at"], name="log_files_by_time"),
            models.Index(fields=["endpoint", "kind"], condition=MISSING, name="log_files_missing"),
            # What the service deletes next, what of it is not saved, and what is saved: for all endpoints on one page.
            models.Index(fields=["endpoint", "created_at"], condition=Q(gone_at=None), name="log_files_in_azure"),
            models.Index(fields=["endpoint", "created_at", "entry"], condition=MISSING, name="log_files_unsaved"),
            models.Index(fields=["endpoint", "stored_at"], condition=~Q(stored_as=""), name="log_files_saved"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        return str(FileKind(self.kind).label if self.kind in FileKind.values else self.kind)

    @property
    def held(self) -> bool:
        return bool(self.stored_as)

    @property
    def vanishes_at(self) -> datetime | None:
        """When the service deletes it; None when it is gone, or its age is unknown."""
        return self.created_at + RETENTION if self.created_at and not self.gone_at else None
