"""Content logs: the entries of an endpoint, each a recording and its transcript, and the files that they are.

The service has files; an entry is ours, made of the two files whose ids have one stem (service-facts 5). What the
service no longer has stays here for as long as we hold a copy of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Self, cast

from django.db import models
from django.db.models import Count, Prefetch, Q, Sum
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

from endpoints.models.claim import free
from endpoints.models.endpoint import Endpoint
from endpoints.models.search import LOG_TEXT

RETENTION = timedelta(days=30)  # on storage of the service (service-facts 5)
LONGEST_SEARCH = 200  # characters


# Entries of which something is missing.
PARTIAL = Q(has_audio=False) | Q(has_transcript=False) | Q(empty=True)


class FileKind(models.TextChoices):
    """The service's words; a kind that is new there is shown as it is called."""

    AUDIO = "Audio", _("Audio")
    TRANSCRIPTION = "Transcription", _("Transcript")


class Outcome(models.TextChoices):
    """What a transcript says: whether something was recognised."""

    UNREAD = "", _("Not read yet")
    RECOGNISED = "recognised", _("Recognised")
    NOTHING = "nothing", _("No result")
    UNREADABLE = "unreadable", _("The transcript cannot be read")


class LogEntryQuerySet(models.QuerySet["LogEntry"]):
    def asked(self, query: Mapping[str, Any]) -> Self:
        """What the words and filters of an address select; what an address says wrongly selects nothing less.

        `q`: words of the recognised text; `from`, `to`: days (UTC) like 2026-03-02, both inclusive; `longer`,
        `shorter`: seconds; `below`: confidence in percent; `result`: "none" or "unreadable"; `partial`: without its
        partner or empty; `entry`: ids, with which only these are meant.
        """
        rows: Any = self
        if words := str(query.get("q") or "").replace("\0", "").strip()[:LONGEST_SEARCH]:
            rows = LOG_TEXT.matching(rows, words)[0]
        if begin := day_in(query.get("from")):
            rows = rows.filter(day__gte=begin)
        if end := day_in(query.get("to")):
            rows = rows.filter(day__lte=end)
        if (seconds := number_in(query.get("longer"))) is not None:
            rows = rows.filter(duration__gte=timedelta(seconds=seconds))
        if (seconds := number_in(query.get("shorter"))) is not None:
            rows = rows.filter(duration__lte=timedelta(seconds=seconds))
        if (percent := number_in(query.get("below"))) is not None:
            rows = rows.filter(confidence__lt=percent / 100)
        if outcome := {"none": Outcome.NOTHING, "unreadable": Outcome.UNREADABLE}.get(str(query.get("result") or "")):
            rows = rows.filter(outcome=outcome)
        if query.get("partial"):
            rows = rows.filter(PARTIAL)
        return cast(Self, rows)

    def chosen(self, query: Any) -> Self:
        """Those that were ticked (`entry`, of a QueryDict); without any, all that the words and filters select."""
        if ticked := [int(text) for text in query.getlist("entry") if text.isdecimal() and len(text) < 19]:
            return self.filter(pk__in=ticked)
        return self.asked(query)

    def for_list(self) -> Self:
        return self.prefetch_related(Prefetch("files", LogFile.objects.order_by("kind"))).defer("words")

    def versions(self, *_fields: str) -> Self:
        """What a page of the list reads of each row: all that it shows."""
        return self.for_list()


class LogEntry(models.Model):
    """One utterance or session: when it was, what was recognised, and which halves of it there are."""

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="log_entries")
    key = models.CharField(max_length=1000)  # what the ids of its files have in common
    at = models.DateTimeField()
    day = models.DateField()  # UTC, as the service counts its days when it deletes
    duration = models.DurationField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.UNREAD, blank=True)
    text = models.TextField(blank=True)
    confidence = models.FloatField(null=True)  # 0 to 1, of the best alternative
    has_audio = models.BooleanField(default=False)
    has_transcript = models.BooleanField(default=False)
    empty = models.BooleanField(default=False)  # one of its files has no byte
    words = models.GeneratedField(expression=Lower("text"), output_field=models.TextField(), db_persist=True)

    objects = LogEntryQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["endpoint", "key"], name="log_entry_once")]
        indexes = [
            models.Index(fields=["endpoint", "at", "id"], name="log_entries_by_time"),
            models.Index(fields=["endpoint", "day"], name="log_entries_by_day"),
            models.Index(fields=["endpoint", "outcome", "at", "id"], name="log_entries_by_outcome"),
            models.Index(fields=["endpoint", "at", "id"], condition=PARTIAL, name="log_entries_partial"),
        ]

    def __str__(self) -> str:
        return self.key

    def get_absolute_url(self) -> str:
        return reverse("endpoints:log-entry", args=[self.endpoint_id, self.pk])

    @property
    def partial(self) -> bool:
        """Without its partner, or with an empty file: the service drops pieces under load."""
        return self.empty or not (self.has_audio and self.has_transcript)

    @property
    def flagged(self) -> bool:
        """Something has to be said of it besides its text."""
        return self.partial or self.outcome != Outcome.RECOGNISED

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
        """How many of its files are here."""
        return sum(file.held for file in self.files.all())

    @property
    def at_service(self) -> bool:
        """The service still has something of it."""
        return any(not file.gone_at for file in self.files.all())

    @property
    def vanishes_at(self) -> datetime | None:
        """When the service deletes the first of its files; None when it has none, or when nobody knows their age."""
        return min((at for file in self.files.all() if (at := file.vanishes_at)), default=None)

    @property
    def percent(self) -> int | None:
        """The confidence as people read it."""
        return None if self.confidence is None else round(self.confidence * 100)


class LogFileQuerySet(models.QuerySet["LogFile"]):
    def stored(self) -> Self:
        return self.exclude(stored_as="")

    def missing(self) -> Self:
        """Files that we neither hold nor know to be gone."""
        return self.filter(stored_as="", gone_at=None)

    def unread(self, endpoint: Any) -> int:
        """How many transcripts of an endpoint are not here."""
        return self.missing().filter(endpoint=endpoint, kind=FileKind.TRANSCRIPTION).count()

    def at_service(self) -> Self:
        return self.filter(gone_at=None)

    def free(self) -> Self:
        """Those that no worker is fetching."""
        return self.filter(free())

    def vanishing(self, within: timedelta) -> Self:
        """Those that the service deletes within this time, by its thirty days."""
        return self.at_service().filter(created_at__lte=Now() - (RETENTION - within))

    def totals(self) -> dict[str, int]:
        """files_total, bytes_total: what there is; files_done, bytes_done: what we hold of it."""
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
    seen_at = models.DateTimeField(db_default=Now())  # the last listing that had it
    gone_at = models.DateTimeField(null=True)
    stored_as = models.CharField(max_length=255, blank=True)
    stored_at = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64, blank=True)
    etag = models.CharField(max_length=100, blank=True)  # of the content that was begun
    problem = models.TextField(blank=True)  # why it could not be fetched, in words
    failures = models.PositiveSmallIntegerField(default=0)
    wanted_at = models.DateTimeField(null=True)  # somebody wants to play it
    # Who is fetching it, so that several jobs fetch it once.
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
            models.Index(
                fields=["endpoint", "kind"], condition=Q(stored_as="", gone_at=None), name="log_files_missing"
            ),
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
        """When the service deletes it; None when it is gone, or when nobody knows its age."""
        return self.created_at + RETENTION if self.created_at and not self.gone_at else None


def day_in(text: Any) -> date | None:
    """The day that a text of an address names; None for any other text."""
    try:
        return parse_date(str(text)) if text else None
    except ValueError:
        return None


def number_in(text: Any) -> float | None:
    try:
        number = float(str(text).replace(",", ".")) if text else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 10_000_000 else None
