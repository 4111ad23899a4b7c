"""The audit log: who did what. Append-only; only endpoints.audit writes it."""

from __future__ import annotations

from typing import Any, Self

from django.db import connections, models
from django.db.models import Case, F, Q, Value, When
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy, pgettext_lazy

from endpoints.models import service_errors
from endpoints.models.event_results import RESULTS
from endpoints.models.event_sentences import Sentence, sentence_of
from endpoints.models.search_words import SearchWords, Spaced
from endpoints.models.status import ChangeKind
from endpoints.models.translatable_text import TranslatableText
from endpoints.models.verbs import FIELDS, SECRETS, SWITCHES
from endpoints.models.verbs import Verb as Verb  # events are written and read by their verbs

Fact = str | int | list[dict[str, str]] | dict[str, Any] | None
SAID = ("model", "old", "view", "what", "entry", "address")  # facts that a search finds


class EventKind(models.TextChoices):
    """The groups of verbs that Activity can be filtered by."""

    DEPLOYMENTS = "deployments", gettext_lazy("Deployments")
    MODELS = "models", pgettext_lazy("kind", "Model changes")
    EDITS = "edits", gettext_lazy("Edits")
    DELETIONS = "deletions", gettext_lazy("Deletions")
    ADDRESSES = "addresses", gettext_lazy("Addresses")
    LOGS = "logs", gettext_lazy("Content logs")
    RESOURCES = "resources", gettext_lazy("Resources")
    VIEWS = "views", gettext_lazy("Views")
    PEOPLE = "people", gettext_lazy("People")
    OUTSIDE = "outside", gettext_lazy("Found or changed outside")
    OTHER = "other", gettext_lazy("Other")


def _begins(*beginnings: str) -> Q:
    found = Q()
    for beginning in beginnings:
        found |= Q(verb__startswith=beginning)
    return found


def _of(kind: ChangeKind, *verbs: Verb) -> Q:
    return Q(change_kind=kind) | Q(verb__in=[verb.value for verb in verbs])


# By the beginnings of verbs, so that one of a newer version has its kind without a migration.
_KINDS = {
    EventKind.OUTSIDE: Q(verb__in=[Verb.CHANGED_OUTSIDE.value, Verb.FOUND.value, Verb.VANISHED.value]),
    EventKind.PEOPLE: _begins("account-"),
    EventKind.RESOURCES: _begins("resource-"),
    EventKind.VIEWS: _begins("view-"),
    EventKind.ADDRESSES: _begins("address-"),
    EventKind.LOGS: _begins("log-", "logs-", "download-", "purge"),
    EventKind.DEPLOYMENTS: _of(ChangeKind.CREATE, Verb.REQUESTED_CREATE),
    EventKind.MODELS: _of(ChangeKind.CHANGE_MODEL, Verb.REQUESTED_CHANGE_MODEL, Verb.DEPLOYED) | _begins("probe-"),
    EventKind.DELETIONS: _of(ChangeKind.DELETE, Verb.REQUESTED_DELETE, Verb.DELETED, Verb.DISMISSED),
    EventKind.EDITS: _of(ChangeKind.EDIT, Verb.REQUESTED_EDIT, Verb.EDITED, Verb.EDIT_FAILED),
}
# A request that is part of a bulk change: what it says is said by the event of the bulk change.
_PART = Q(bulk_id__isnull=False, verb__startswith="requested-") & ~Q(verb=Verb.REQUESTED_BULK.value)


class EventQuerySet(models.QuerySet["Event"]):
    def lines(self) -> Self:
        """Without the parts of bulk changes: the event of the bulk change stands for them."""
        return self.filter(Q(bulk_id=None) | Q(verb=Verb.REQUESTED_BULK))

    def versions(self, *_fields: str) -> Self:
        return self.defer("words")

    def not_about_people(self) -> Self:
        return self.exclude(kind=EventKind.PEOPLE)

    def people(self, accounts: bool) -> list[tuple[int, str]]:
        """Who has done something, by one seek in the index for each of them; with the name that each had last.

        accounts: also those who have only used their account.
        """
        others = "TRUE" if accounts else f"kind <> '{EventKind.PEOPLE.value}'"
        first, following = (
            f"SELECT min(actor_id) FROM endpoints_event WHERE {others}",  # noqa: S608 (our own names)
            f"SELECT min(actor_id) FROM endpoints_event WHERE actor_id > those.id AND {others}",  # noqa: S608 (our own names)
        )
        name = "SELECT actor_name FROM endpoints_event WHERE actor_id = those.id ORDER BY at DESC, id DESC LIMIT 1"
        with connections[self.db].cursor() as cursor:
            cursor.execute(
                f"WITH RECURSIVE those(id) AS ({first} UNION ALL SELECT ({following}) FROM those "  # noqa: S608 (our own names)
                f"WHERE those.id IS NOT NULL) SELECT id, ({name}) FROM those WHERE id IS NOT NULL"
            )
            return sorted(cursor.fetchall(), key=lambda row: str(row[1]).casefold())


class Event(models.Model):
    """One entry. Ids and names are plain values, not foreign keys, so that the entry outlives what it describes."""

    at = models.DateTimeField(auto_now_add=True)
    actor_id = models.BigIntegerField(null=True)  # None: a worker
    actor_name = models.CharField(max_length=150, blank=True)
    verb = models.CharField(max_length=30)  # a Verb, or one of a newer version
    endpoint_id = models.UUIDField(null=True)
    endpoint_name = models.TextField(blank=True)
    resource_id = models.UUIDField(null=True)
    resource_name = models.CharField(max_length=200, blank=True)
    change_id = models.UUIDField(null=True, db_index=True)
    change_kind = models.CharField(max_length=20, blank=True, db_default="")  # that of the change, or of the bulk
    bulk_id = models.UUIDField(null=True)  # of a bulk change, and of each event about a part of it
    facts = models.JSONField(default=dict)
    detail = models.TextField(blank=True)  # the reason that a person typed, or a worker's text in English
    kind = models.GeneratedField(
        expression=Case(
            *(When(condition, then=Value(kind.value)) for kind, condition in _KINDS.items()),
            default=Value(EventKind.OTHER.value),
        ),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    result = models.GeneratedField(  # an EventResult; empty: the event tells no result, or only its change has one
        expression=Case(
            *(
                When(verb__in=[verb.value for verb in verbs], then=Value(result.value))
                for result, verbs in RESULTS.items()
            ),
            default=Value(""),
        ),
        output_field=models.CharField(max_length=20),
        db_persist=True,
    )
    words = models.GeneratedField(
        expression=Case(
            When(_PART, then=SearchWords(Spaced(F("endpoint_name"), F("resource_name")))),
            default=SearchWords(
                Spaced(
                    *(F(name) for name in ("actor_name", "endpoint_name", "resource_name", "detail")),
                    *(KT(f"facts__{name}") for name in SAID),
                )
            ),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        default_permissions = ()
        # Each ends with the order of the page, so that a filter and the order are read from one index.
        indexes = [
            models.Index(fields=["at", "id"], name="events_by_time"),
            models.Index(fields=["actor_id", "at", "id"], name="events_by_person"),
            models.Index(fields=["endpoint_id", "at", "id"], name="events_by_endpoint"),
            models.Index(fields=["resource_id", "at", "id"], name="events_by_resource"),
            models.Index(fields=["kind", "at", "id"], name="events_by_kind"),
            models.Index(fields=["result", "at", "id"], name="events_by_result"),
            models.Index(
                fields=["bulk_id", "at", "id"], condition=Q(bulk_id__isnull=False), name="events_by_bulk_change"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def sentence(self) -> Sentence:
        return sentence_of(self)

    @property
    def text(self) -> str:
        """What happened, as a sentence in the active language."""
        return self.sentence.text

    @property
    def reason(self) -> str:
        """What a person gave as the reason, or what a worker recorded, in the active language."""
        if stored := self.facts.get("detail"):
            return TranslatableText.read(stored)
        return self.detail if self.actor_name or not self.detail else service_errors.in_words(self.detail)

    @property
    def fields(self) -> list[tuple[str, str, str]]:
        """Label, old and new value of each changed field; secrets are never in it, only "replaced"."""
        changed = self.facts.get("fields", [])
        return [
            (str(FIELDS.get(name, name)), _shown(name, one["old"]), _shown(name, one["new"]))
            for one in changed
            for name in (one["field"],)
        ]


_SWITCHED = {"on": gettext_lazy("on"), "off": gettext_lazy("off")}
_OF_SECRET = {"replaced": gettext_lazy("replaced"), "removed": gettext_lazy("removed")}


def _shown(field: str, value: str) -> str:
    """A stored value; what audit.field_change made a word of is translated."""
    words = _OF_SECRET if field in SECRETS else _SWITCHED if field in SWITCHES else {}
    return str(words.get(value, value))
