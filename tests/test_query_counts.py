"""Each page makes as many database queries as query_counts.json says, for any number of rows.

UPDATE_QUERY_COUNTS=1 rewrites the file.
"""

import json
import os
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.urls import get_resolver, reverse
from django.utils import timezone

from endpoints.access import sessions
from endpoints.access.caching import BoundedCache
from endpoints.access.door.activity_version import ActivityVersion
from endpoints.access.door.overview_version import OverviewVersion
from endpoints.access.door.versions import DataVersion, DownloadsVersion, LogsVersion
from endpoints.access.roles import ADMIN
from endpoints.messages import calendar
from endpoints.models import (
    Address,
    AddressChange,
    Alert,
    AlertChannel,
    AlertChoice,
    AlertDelivery,
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Draft,
    Endpoint,
    Event,
    Favorite,
    Grant,
    LogArchive,
    LogDay,
    LogEntry,
    LogFile,
    Probe,
    Project,
    Purge,
    Recording,
    Resource,
    SavedView,
    SpeechModel,
    Status,
    Sweep,
    Trial,
)
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from endpoints.models.model import ModelKind
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.pages.content_logs import overview
from endpoints.pages.endpoint_list import filters, listing, rows, selection
from tests.test_permissions import MATRIX, address

FILE = Path(__file__).with_name("query_counts.json")
SIZES = (0, 1, 50, 10_000)
OWN, MODELS, PROJECTS = 60, 100, 20  # at most so many: rows of one endpoint; models; projects
QUERIES = {
    "sorted": "sort=name",
    "last page": "page=last",
    "filtered": "locale=en-US&logging=on&expiring=365",
    "in progress": "status=Running",
    "searched": "q=hotline",
    "searched for few": "q=berlin",
    "searched for a short word": "q=of",
    "searched, filtered and sorted": "q=hotline&status=Succeeded&sort=-changed",
    "nothing found": "q=zzzzzz",
    "fragment": "sort=name",
    "news": "version=old",
    "no news": "version=",
}
# Asked for less when nothing or very much is found, without favorites on any but the first page, and when nothing has
# become ready that the person has to be told of. Recent reasons are read only when something can be requested.
AT_MOST = (
    "list, searched",
    "list, last page",
    "downloads",
    "all-logs, filtered",
    "bulk, logging-on",
    "search",
    "address",
)
WITHOUT_EVENTS = ("activity", "history")  # then nothing is read of what they are about
# Whoever has all roles for one Speech resource opens what an admin opens, but nothing that is for everything, and no
# draft and no bulk change of another person.
OF_A_RESOURCE, OF_ADMINS = "of a resource", {"resource-new", "resource-draft", "new", "bulk-progress"}
OF_OWNERS = {"people", "person", "invite", "groups", "group", "service-account"}
FILES = {"api-docs-file", "download-file", "log-audio", "log-transcript", "purge-receipt"}
# What htmx says that it will put the answer into.
TARGETS = {
    "list, fragment": "endpoints",
    "list, news": "endpoints",
    "list, no news": "endpoints",
    "models, fragment": "models",
    "search, palette": "palette-found",
    "address, fragment": "address",
    "detail, fragment": "deployment",
    "sample-code, fragment": "deployment",
    "content-logging, fragment": "deployment",
    "history, fragment": "deployment",
    "logs, news": "entries",
    "logs, no news": "entries",
    "downloads, no news": "downloads",
    "models, no news": "models",
    "activity, fragment": "events",
    "activity, older": "older",
    "activity, news": "news",
    "activity, no news": "news",
    "logs, fragment": "downloads",
    "downloads, fragment": "downloads",
    "all-logs, fragment": "all-logs",
    "all-logs, no news": "all-logs",
    "bulk-progress, news": "bulk",
    "purge, fragment": "purge",
    "change-model, typing": "model-rows",
    "change-model, compared at once": "new-model",
    "new, typing": "model-rows",
}


class Table:
    """A database that grows."""

    def __init__(self, person):
        self.person, self.now = person, timezone.now()
        self.endpoints, self.models, self.projects = [], [], []
        self.resources = [self.resource(n) for n in range(2)]
        self.resource_draft = ConnectionCheck.objects.create(draft=True, name="Draft", region="eastus")
        Sweep.record()
        # A favorite that is shown no more, so that there is always one.
        gone = Endpoint.objects.create(
            resource=self.resources[0], display_name="Removed", gone_at=self.now, number=2**62
        )
        Favorite.objects.create(user=person, endpoint=gone)

    def resource(self, n):
        moments = {"mirrored_at": self.now, "cataloged_at": self.now}
        return Resource.objects.create(name=f"Speech {n}", region="eastus", free_tier=n == 0, **moments)

    def grow(self, size):
        """To so many endpoints, each with what belongs to it."""
        first = range(len(self.models), min(size + 1, MODELS) if size else 0)
        Resource.objects.bulk_create(Resource(name=f"Another {n}", region="eastus") for n in first)
        self.projects += Project.objects.bulk_create(self.project(n) for n in first if n < PROJECTS)
        self.models += SpeechModel.objects.bulk_create(self.model(n) for n in first)
        SpeechModel.objects.filter(kind=ModelKind.CUSTOM).update(base_model=self.models[0] if self.models else None)
        SavedView.objects.bulk_create(SavedView(owner=self.person, name=f"View {n}", shared=True) for n in first)
        made = Endpoint.objects.bulk_create(self.endpoint(n) for n in range(len(self.endpoints), size))
        self.endpoints += made
        Favorite.objects.bulk_create(Favorite(user=self.person, endpoint=one) for one in made[-3:])
        recordings = [Recording.of(b"RIFF", 2.0) for _one in made[:OWN]]
        Recording.objects.bulk_create(recordings)
        pairs = zip(made, recordings, strict=False)
        Probe.objects.bulk_create(Probe(endpoint=one, recording=of, verdict="custom") for one, of in pairs)
        AlertChoice.objects.bulk_create(
            AlertChoice(person=self.person, endpoint=one, follows=True) for one in made[-3:]
        )
        about = {"rule": "failed", "facts": {"endpoint": "Hotline"}}
        Alert.objects.bulk_create(Alert(fact=str(one.pk), endpoint=one, resource=one.resource, **about) for one in made)
        AlertChannel.objects.bulk_create(AlertChannel(kind="mail", name=f"{n}", person=self.person) for n in first)
        # Of the newest, which the list shows first, every fifth is being changed.
        Change.objects.bulk_create(self.change(one, ChangeState.DEPLOYING) for one in made[-50::5] if one.number)

    def grow_own(self, size):
        """What belongs to the first endpoint, and one request for many."""
        one = self.endpoints[0]
        have, size = LogFile.objects.count(), min(size, OWN)
        if not have:
            just_now = {"listed_at": self.now, "checked_at": self.now, "due_at": None}
            LogArchive.objects.update_or_create(endpoint=one, defaults=just_now)
            when = {"at": self.now, "day": self.now.date()}
            self.entry = LogEntry.objects.get_or_create(endpoint=one, key="first", defaults=when)[0]
            self.trial = Trial.objects.create(endpoint=one, actor=self.person, purpose="probe")
            self.purge = Purge.objects.create(endpoint=one, until=self.now.date(), before={"entries": 1})
            self.bulk = Bulk.objects.create(kind=ChangeKind.EDIT, actor=self.person, desired={"logging_enabled": True})
        new = range(have, size)
        changes = Change.objects.bulk_create(self.change(one, ChangeState.DONE) for n in new)
        Change.objects.bulk_create(self.change(self.endpoints[n], ChangeState.DONE, bulk=self.bulk) for n in new)
        by = {"actor_id": self.person.pk, "actor_name": "alice"}
        told = {"endpoint_id": one.pk, "endpoint_name": one.display_name, "facts": {"model": "a model"}}
        Event.objects.bulk_create(Event(verb=Verb.DEPLOYED, change_id=change.pk, **told, **by) for change in changes)
        about = {"actor": self.person, "actor_name": "alice"}
        ready = {"state": DownloadState.READY, "size": 10, "expires_at": self.now}
        Download.objects.bulk_create(Download(endpoint=one, **ready, **about) for n in new)
        Purge.objects.bulk_create(Purge(endpoint=one, until=self.now.date(), **about) for n in new)
        days = (self.now.date() - timedelta(days=n) for n in new)
        LogDay.objects.bulk_create(LogDay(endpoint=one, day=day, seen=1) for day in days)
        entries = LogEntry.objects.bulk_create(
            LogEntry(endpoint=one, key=f"{n}", at=self.now, day=self.now.date(), has_audio=True) for n in new
        )
        LogFile.objects.bulk_create(
            LogFile(
                endpoint=one, entry=entry, remote_id=f"{entry.key}_wav", name=f"{entry.key}.wav", requested_at=self.now
            )
            for entry in entries
        )

    def project(self, n):
        place = {"resource": self.resources[0], "locale": "en-US"}
        return Project(**place, remote_id=str(uuid.uuid4()), display_name=f"Project {n}")

    def model(self, n):
        return SpeechModel(
            resource=self.resources[0],
            remote_id=str(uuid.uuid4()),
            kind=ModelKind.CUSTOM if n % 4 else ModelKind.BASE,
            display_name=f"Model {n}",
            locale="en-US",
            status=Status.SUCCEEDED,
            supports_endpoints=True,
            expires_at=self.now + timedelta(days=400 - n * 2),
            created_at=self.now,
        )

    def endpoint(self, n):
        model = self.models[n % len(self.models)]
        return Endpoint(
            number=n,
            resource=self.resources[0],
            remote_id=str(uuid.uuid4()),
            display_name=f"Endpoint {n}",
            description="Calls of the hotline" if n % 16 else "Calls from Berlin",
            locale="de-DE" if n % 16 == 5 else "en-US",
            model=model,
            **model.for_endpoint,
            project=self.projects[n % len(self.projects)],
            status=Status.SUCCEEDED,
            logging_enabled=n % 2 == 0,
            created_at=self.now + timedelta(seconds=n),
            last_action_at=self.now,
            mark=f"mark {n}",
        )

    def change(self, endpoint, state, **more):
        models = {"model": self.models[0], "from_model": self.models[-1]}
        return Change(endpoint=endpoint, kind=ChangeKind.CHANGE_MODEL, state=state, actor=self.person, **models, **more)

    def address(self):
        """One of as many as there are endpoints, at most OWN."""
        facts = {"locale": "en-US", "created_by": "alice"}
        those = [Address(name=f"hotline-{n}", endpoint=one, **facts) for n, one in enumerate(self.endpoints[:OWN])]
        Address.objects.bulk_create(those, ignore_conflicts=True)
        first = Address.objects.get(name="hotline-0")
        moved = {"kind": "moved", "endpoint": first.endpoint, "from_endpoint": self.endpoints[-1]}
        AddressChange.objects.bulk_create(AddressChange(address=first, **moved) for _one in those)
        return first

    def draft(self):
        model, project = self.models[-1], self.projects[0]
        return Draft.objects.create(
            owner=self.person,
            answers={
                "project": {"project": f"project:{project.pk}", "locale": ""},
                "model": {"model": str(model.pk)},
                "details": {"name": "Hotline", "description": "", "logging": ""},
            },
        )


def lists(table, user):
    """Pages that show rows of all endpoints, and those that show none; each begins with its name in urls.py."""
    names = (
        *("list", "models", "activity", "all-logs", "downloads", "resources", "resource-new"),
        *("addresses", "address-new"),
        *("people", "invite", "groups", "settings", "shortcuts", "help", "views", "banners"),
        *("alerts", "alert-settings", "alert-channel-new", "tokens", "service-account", "api-docs"),
    )
    pages = {name: reverse(f"endpoints:{name}") for name in names}
    pages["person"] = reverse("endpoints:person", args=["bob"])
    pages["group"] = reverse("endpoints:group", args=["viewer"])
    pages |= {f"list, {what}": f"{pages['list']}?{query}" for what, query in QUERIES.items()}
    some = {"project": table.projects, "base": table.models, "model": table.models}
    pages |= {
        f"list, by {name}": f"{pages['list']}?{name}={rows[0].pk if rows else uuid.uuid4()}"
        for name, rows in some.items()
    }
    pages["models, filtered"] = f"{pages['models']}?q=model&kind=base&deployed=1&sort=deployed"
    searches = {"everything": "", "palette": "hotline", "few": "berlin", "nothing": "zzzzzz", "model": "model"}
    found = reverse("endpoints:search")
    pages |= {f"search, {what}": f"{found}?q={words}" if words else found for what, words in searches.items()}
    pages["all-logs, filtered"] = f"{pages['all-logs']}?q=hotline&locale=en-US&saving=off&deleted=7"
    pages["all-logs, fragment"] = pages["all-logs, no news"] = f"{pages['all-logs']}?version="
    pages["models, fragment"], pages["downloads, fragment"] = pages["models"], pages["downloads"]
    pages |= {f"{page}, no news": f"{pages[page]}?version=" for page in ("models", "downloads")}
    pages["calendar"] = f"{reverse('endpoints:calendar')}?token={calendar.token_of(user)}&all=1"
    activity = pages["activity"]
    pages |= {f"activity, {what}": activity for what in ("fragment", "older")}
    pages["activity, filtered"] = f"{activity}?person={user.pk}&kind=models&time=30"
    pages["activity, searched"] = f"{activity}?q=model"
    pages["activity, news"] = f"{activity}?since=0&version=old"
    pages["activity, no news"] = f"{activity}?version="
    pages["activity-export"] = f"{reverse('endpoints:activity-export')}?kind=models"
    # In the end more than are in memory at a time.
    pages["export"] = f"{reverse('endpoints:export')}?locale=de-DE"
    return pages


def of_one(table, user):
    """Pages of one endpoint or another single thing, and what is chosen among many."""
    of = [table.endpoints[0].pk]
    tabs = ("detail", "sample-code", "content-logging", "try-it", "history")
    names = (*tabs, "change-model", "edit", "delete", "logs", "log-days", "logs-keep", "logs-purge", "download")
    of_probes = ("who-answers", "who-answers-logs")
    pages = {name: reverse(f"endpoints:{name}", args=of) for name in (*names, *of_probes)}
    pages |= {f"{tab}, fragment": pages[tab] for tab in tabs}
    pages["logs, fragment"], pages["logs, news"] = pages["logs"], f"{pages['logs']}?version=old"
    pages["logs, no news"] = f"{pages['logs']}?version="
    pages["logs, searched"] = f"{pages['logs']}?q=hello&from=2026-01-01&page=last"
    pages["log-entry"] = f"{table.entry.get_absolute_url()}?below=90"
    pages["logs-purge, a day"] = f"{pages['logs-purge']}?until={table.now.date()}"
    address = table.address()
    for name in ("address", *(f"address-{what}" for what in ("move", "share", "standby", "description", "delete"))):
        pages[name] = reverse(f"endpoints:{name}", args=[address.name])
    pages["address, fragment"] = pages["address"]
    pages["address-move, compared"] = f"{pages['address-move']}?endpoint={table.endpoints[-1].pk}"
    pages["purge"] = reverse("endpoints:purge", args=[table.purge.pk])
    pages["who-answers-trial"] = reverse("endpoints:who-answers-trial", args=[*of, table.trial.pk])
    tried = Trial.objects.get_or_create(endpoint=table.endpoints[0], actor=user, purpose="try")[0]
    pages["try-it-answers"] = reverse("endpoints:try-it-answers", args=[*of, tried.pk])
    pages["purge, fragment"] = pages["purge"]
    pages["history, all of it"] = f"{pages['history']}?history=all"
    pages["change-model, compared"] = f"{pages['change-model']}?model={table.models[-1].pk}"
    pages["change-model, compared at once"] = pages["change-model, compared"]
    pages["change-model, typing"] = f"{pages['change-model']}?models=model"
    for name in ("resource-edit", "resource-keys", "resource-pause", "resource-resume", "resource-remove"):
        pages[name] = reverse(f"endpoints:{name}", args=[table.resources[0].pk])
    pages["resource-draft"] = reverse("endpoints:resource-draft", args=[table.resource_draft.pk])
    channel = AlertChannel.objects.get_or_create(kind="mail", name="Own", person=user)[0]
    AlertDelivery.objects.bulk_create(AlertDelivery(channel=channel, state="sent") for _again in range(3))
    pages["alert-channel"] = reverse("endpoints:alert-channel", args=[channel.pk])
    pages["bulk-progress"] = reverse("endpoints:bulk-progress", args=[table.bulk.pk])
    pages["bulk-progress, news"] = f"{pages['bulk-progress']}?since=2020-01-01T00:00:00Z"
    new = f"{reverse('endpoints:new')}?draft={table.draft().pk}&step="
    pages |= {f"new, {step}": f"{new}{step}" for step in ("project", "model", "details", "review")}
    pages["new, typing"] = f"{new}model&models=model"
    ticked = "&".join(f"endpoint={one.pk}" for one in table.endpoints[:50])
    bulk = f"{reverse('endpoints:bulk')}?{ticked}&action="
    pages |= {f"bulk, {action}": f"{bulk}{action}" for action in ("logging-on", "delete", "change-model")}
    pages["bulk, change-model, review"] = f"{bulk}change-model&new_model={table.models[-1].pk}"
    pages["export, ticked"] = f"{reverse('endpoints:export')}?{ticked}"
    return pages


def forget(*, rows_too):
    """Clear the caches of this process; `rows_too`: also that of rendered rows, which make no queries."""
    for module in (rows, listing, filters, selection, overview):
        for name, value in vars(module).items():
            if isinstance(value, BoundedCache) and (rows_too or name != "_rows"):
                value.clear()
            elif callable(getattr(value, "cache_clear", None)):
                value.cache_clear()


def asked(client, page, address):
    """The number of queries."""
    headers = {"HX-Request": "true", "HX-Target": TARGETS[page]} if page in TARGETS else {}
    if page in ("list, no news", "models, no news"):
        address += DataVersion.now().version
    if page == "activity, no news":
        address += ActivityVersion.now(people=True).version
    if page == "downloads, no news":
        address += DownloadsVersion.now(None).version
    if page == "logs, no news":
        address += LogsVersion.now(uuid.UUID(address.split("/")[2])).version
    if page == "all-logs, no news":
        address += OverviewVersion.now().version
    forget(rows_too=page == "list")
    queries = []

    def listen(execute, sql, *more):
        queries.append(sql)
        return execute(sql, *more)

    with connection.execute_wrapper(listen):
        answer = client.get(address, headers=headers)
        b"".join(answer)
    assert answer.status_code in (200, 204), (address, answer.status_code)
    return len(queries)


def counts(people, pages_of):
    """{page: {role: number}}, for those who may see the page."""
    found = {}
    for role, client in people.items():
        client.get(reverse("endpoints:list"))
        for page, where in pages_of(client.user).items():
            name = page.partition(",")[0]
            _method, allowed = MATRIX.get(name, ("GET", people))
            if role in allowed or (role == OF_A_RESOURCE and "admin" in allowed and name not in OF_ADMINS | OF_OWNERS):
                found.setdefault(page, {})[role] = asked(client, page, where)
    return found


@pytest.fixture
def counted(alice, bob, nemo, monkeypatch):
    """By the number of rows."""
    monkeypatch.setattr(sessions, "EXTENDED_EVERY", 3600)  # no session is extended in between, however long it takes
    table, everybody, found = Table(alice.user), {"admin": alice, "viewer": bob, OF_A_RESOURCE: nemo}, {}
    for name in ADMIN:
        Grant.objects.create(person=nemo.user, role=name, resource=table.resources[0])
    for size in SIZES:
        # The same pages without what a viewer may not do: the smallest and the largest table are enough for them.
        people = everybody if size in (SIZES[0], SIZES[-1]) else {"admin": alice}
        table.grow(size)
        found[size] = counts(people, lambda user: lists(table, user))
        table.grow(max(size, 1))
        table.grow_own(size)
        found[size] |= counts(people, lambda user: of_one(table, user))
    return found


def test_each_page_makes_as_many_queries_as_recorded_for_any_number_of_rows(counted):
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        FILE.write_text(json.dumps(most_of(counted), indent=2) + "\n")
    recorded = json.loads(FILE.read_text())
    differing = {
        page: [recorded.get(page), *(now.get(page) for now in counted.values())]
        for page in {*recorded, *counted[0]}
        if any(differs(page, recorded.get(page, {}), now.get(page, {})) for now in counted.values())
    }
    assert differing == {}, f"recorded, and at {SIZES} rows"


def most_of(counted):
    return {
        page: {role: max(now[page].get(role, 0) for now in counted.values()) for role in roles}
        for page, roles in counted[0].items()
    }


def differs(page, recorded, now):
    if page.startswith((*AT_MOST, *WITHOUT_EVENTS)):
        return any(number > recorded.get(role, 0) for role, number in now.items())
    return any(recorded.get(role) != number for role, number in now.items())


def test_each_address_that_can_be_opened_is_counted(alice):
    recorded = {page.partition(",")[0] for page in json.loads(FILE.read_text())}
    for name in get_resolver("endpoints.urls").reverse_dict:
        if isinstance(name, str):
            opens = alice.get(address(name)).status_code != 405
            assert opens == (name in recorded | FILES), name
