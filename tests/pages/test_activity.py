"""Activity: days and lines, filters in the address, search, paging, news, and export."""

import csv
import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from endpoints import audit
from endpoints.access.door.activity_version import ActivityVersion
from endpoints.access.door.versions import DataVersion
from endpoints.changes import bulk, submit
from endpoints.models import Change, Endpoint, Event
from endpoints.models.event import EventKind, Verb
from endpoints.models.event_results import RESULTS, EventResult
from endpoints.models.event_sentences import MISSING
from endpoints.models.status import ChangeState
from endpoints.models.translatable_text import TranslatableText
from endpoints.pages.activity import selection
from tests.rewriting import events_rewritten

ACTIVITY, EXPORT = "/activity/", "/activity/export/"
LINE = re.compile(r'<li id="event-(\d+)">')
PEOPLE = {verb for verb in Verb if verb.startswith("account-")}  # bob does not see events about people
GERMAN = {"Accept-Language": "de"}


def lines(client, query="", **headers):
    """The ids of the events whose lines a page shows."""
    answer = client.get(f"{ACTIVITY}?{query}" if query else ACTIVITY, headers=headers)
    assert answer.status_code == 200
    return [int(pk) for pk in LINE.findall(answer.content.decode())]


def text_of(client, query="", headers=None):
    page = client.get(f"{ACTIVITY}?{query}", headers=headers or {}).content.decode()
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", page).split()))


def told(verb, person=None, *, at=None, detail="", **facts):
    event = audit.record(verb, actor=person.user if person else None, detail=detail, **facts)
    if at:
        with events_rewritten():
            Event.objects.filter(pk=event.pk).update(at=at)
    return event.pk


@pytest.fixture
def events(alice, bob, endpoint):
    """Of two people and a worker, on several days; by name."""
    now = timezone.now()
    resource = endpoint.resource
    with events_rewritten():
        Event.objects.all().delete()
    return {
        "edit": submit.edit(
            key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"description": "New"}, reason="Clearer"
        )
        and Event.objects.get(verb=Verb.REQUESTED_EDIT).pk,
        "view": told(Verb.VIEW_SHARED, bob, view="Nachtschicht"),
        "resource": audit.record(Verb.RESOURCE_CHANGED, actor=bob.user, resource=resource).pk,
        "found": audit.record(Verb.FOUND, endpoint=endpoint).pk,
        "old": told(Verb.VIEW_DELETED, alice, at=now - timedelta(days=20), view="Old"),
    }


def test_each_day_has_a_heading_and_each_event_a_line_newest_first(bob, events):
    assert lines(bob) == [events[name] for name in ("found", "resource", "view", "edit", "old")]
    page = bob.get(ACTIVITY).content.decode()
    assert re.findall(r'<h2 class="day">(\w+) ', page)[:1] == ["Today"]
    assert page.count('<h2 class="day">') == 2
    assert "times in UTC" in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("person={bob}", ["resource", "view"]),
        ("person=none", ["found"]),
        ("endpoint={endpoint}", ["found", "edit"]),
        ("resource={resource}", ["found", "resource", "edit"]),
        ("kind=edits", ["edit"]),
        ("kind=views", ["view", "old"]),
        ("kind=resources", ["resource"]),
        ("kind=outside", ["found"]),
        ("result=done", ["resource"]),
        ("result=open", ["edit"]),
        ("result=open&kind=views", []),
        ("time=7", ["found", "resource", "view", "edit"]),
        ("to={long_ago}", ["old"]),
        ("from={long_ago}&kind=views", ["view", "old"]),
        ("q=clearer", ["edit"]),
        ("q=NACHT", ["view"]),
        ("q=nacht+bob", ["view"]),
        ("q={endpoint}", ["found", "edit"]),
        ("q=no+such+words", []),
        ("person={bob}&kind=views", ["view"]),
        (
            "kind=nonsense&result=well&person=x&time=1&from=yesterday&endpoint=1",
            ["found", "resource", "view", "edit", "old"],
        ),
    ],
)
def test_the_address_says_which_events_are_shown(bob, endpoint, events, query, names):
    long_ago = (timezone.now() - timedelta(days=20)).date()
    facts = {"bob": bob.user.pk, "endpoint": endpoint.pk, "resource": endpoint.resource_id, "long_ago": long_ago}
    assert lines(bob, query.format(**facts)) == [events[name] for name in names]


def test_a_day_is_one_of_the_readers_time_zone(bob, db):
    late = told(Verb.VIEW_SHARED, bob, at=datetime(2026, 1, 31, 23, 30, tzinfo=UTC), view="Late")
    assert lines(bob, "from=2026-01-31&to=2026-01-31") == [late]
    bob.cookies["time_zone"] = "Europe/Berlin"
    assert lines(bob, "from=2026-01-31&to=2026-01-31") == []
    assert lines(bob, "from=2026-02-01&to=2026-02-01") == [late]


def test_empty_parameters_are_left_out_of_addresses(bob, events):
    answer = bob.get(f"{ACTIVITY}?q=&person={bob.user.pk}&kind=&from=")
    assert (answer.status_code, answer["Location"]) == (302, f"{ACTIVITY}?person={bob.user.pk}")
    answer = bob.get(f"{ACTIVITY}?q=&person=&kind=views", headers={"HX-Request": "true", "HX-Target": "events"})
    assert answer["HX-Push-Url"] == f"{ACTIVITY}?kind=views"


def test_what_is_set_out_of_sight_is_a_chip_that_removes_it(bob, endpoint, events):
    page = bob.get(f"{ACTIVITY}?kind=views&from=2026-01-31&q=old").content.decode()
    assert f'class="chip" href="{ACTIVITY}?q=old&amp;kind=views"' in page
    gone = uuid.uuid4()
    with events_rewritten():
        Event.objects.filter(pk=events["view"]).update(endpoint_id=gone, endpoint_name="Gone long ago")
    assert "Endpoint: Gone long ago" in text_of(bob, f"endpoint={gone}")


def test_nothing_yet_and_nothing_found_are_told_apart(bob, db):
    assert "No activity yet" in text_of(bob)
    told(Verb.VIEW_SHARED, bob, view="Mine")
    assert "No events match zzzz and the current filters." in text_of(bob, "q=zzzz")


def test_pages_go_on_without_end_and_repeat_no_event_when_new_ones_come(bob, db):
    made = [told(Verb.VIEW_SHARED, bob, view=f"View {n}") for n in range(120)]
    seen, address = [], ACTIVITY
    while address:
        page = bob.get(address).content.decode()
        seen += [int(pk) for pk in LINE.findall(page)]
        older = re.search(r'id="older-link" href="([^"]*)" hx-get="([^"]*)"', page)
        assert not older or older[1] == older[2]
        address = unescape(older[1]) if older else ""
        told(Verb.VIEW_SHARED, bob, view="Meanwhile")
    assert seen == made[::-1]


def test_the_next_page_is_read_in_place_and_goes_on_with_the_day(bob, db):
    for n in range(60):
        told(Verb.VIEW_SHARED, bob, view=f"View {n}")
    older = re.search(r'id="older-link" href="([^"]*)"', bob.get(ACTIVITY).content.decode())[1]
    part = bob.get(unescape(older), headers={"HX-Request": "true", "HX-Target": "older"}).content.decode()
    assert len(LINE.findall(part)) == 10
    assert "<h2" not in part
    assert "<html" not in part
    assert bob.get(unescape(older)).content.decode().count('<h2 class="day">') == 1


def ask_bulk(person, endpoints, reason="Two weeks of data"):
    seen = {item.endpoint.pk: item.stamp for item in bulk.plan(bulk.Action.LOGGING_ON, endpoints)}
    return bulk.ask(key=uuid.uuid4(), actor=person.user, action=bulk.Action.LOGGING_ON, seen=seen, reason=reason)


@pytest.fixture
def asked(alice, resource, world, worker):
    """A bulk change of seven endpoints, of which two are done and one has failed."""
    world.begin(endpoints=20, rate_limit="0/0")
    worker.mirror()
    Endpoint.objects.update(logging_enabled=False)
    with events_rewritten():
        Event.objects.all().delete()
    few = list(Endpoint.objects.for_page().filter(status="Succeeded").order_by("name_key", "pk")[:7])
    asked = ask_bulk(alice, few)
    pks = list(asked.changes.order_by("endpoint_name").values_list("pk", flat=True))
    Change.objects.filter(pk__in=pks[:2]).update(state=ChangeState.DONE)
    Change.objects.filter(pk=pks[6]).update(state=ChangeState.FAILED, error="The service gave no reason.")
    return asked


def test_a_bulk_change_is_one_line_with_its_sum_that_opens(bob, asked):
    line = Event.objects.get(verb=Verb.REQUESTED_BULK)
    assert lines(bob) == [line.pk]
    shown = text_of(bob)
    assert "alice requested content logging for 7 endpoints" in shown
    assert "2 done, 1 failed, 4 in progress" in shown
    page = bob.get(ACTIVITY).content.decode()
    details = page[page.index('<details>\n  <summary class="event">') :]
    first = details[details.index("<ol>") :]
    assert first.index("The service didn&#x27;t give a reason.") < first.index("Queued")  # what failed comes first
    assert "Show 2 more" in details
    assert len(lines(bob, f"bulk={asked.pk}")) == 7


def test_the_parts_of_a_bulk_change_are_found_by_what_they_are_about(bob, asked):
    one = asked.changes.first().endpoint
    bulk_line = Event.objects.get(verb=Verb.REQUESTED_BULK).pk
    assert len(lines(bob, f"endpoint={one.pk}")) == 1
    assert lines(bob, "q=weeks") == [bulk_line]  # the reason is not repeated by each part
    assert lines(bob, "kind=edits") == [bulk_line]


@pytest.mark.parametrize("result", list(EventResult))
def test_each_result_finds_the_events_that_show_it_and_no_other(bob, db, result):
    known = {verb for verbs in RESULTS.values() for verb in verbs}
    made = {told(verb, bob, view="Mine"): verb for verb in Verb}
    told("moved-to-mars", bob)
    shown = lines(bob, f"result={result}")
    assert {made[pk] for pk in shown} == {*RESULTS[result]} - PEOPLE
    page = bob.get(f"{ACTIVITY}?result={result}").content.decode()
    assert page.count(f'<span class="cut">{result.label}</span>') == len(shown) > 0
    assert Event.objects.exclude(verb__in=known).exclude(result="").count() == 0


def test_a_failed_part_of_a_bulk_change_is_found_by_its_result(bob, asked):
    change = asked.changes.get(state=ChangeState.FAILED)
    failed = audit.record(Verb.EDIT_FAILED, endpoint=change.endpoint, change=change).pk
    assert failed not in lines(bob)
    assert lines(bob, "result=failed") == [failed]
    assert len(lines(bob, "result=open")) == 4


def test_events_of_one_result_are_exported(bob, events):
    rows = list(csv.DictReader(io.StringIO(bob.get(EXPORT, {"result": "done"}).getvalue().decode("utf-8-sig"))))
    assert [(row["Result"], row["Event"]) for row in rows] == [("Done", "bob changed the Speech resource Contoso")]
    found = json.loads(bob.get(EXPORT, {"result": "done", "format": "json"}).getvalue())
    assert [one["result"] for one in found] == ["Done"]


def poll(client, address):
    return client.get(address, headers={"HX-Request": "true"})


def poll_address(client, query=""):
    page = client.get(f"{ACTIVITY}?{query}").content.decode()
    return unescape(re.search(r'id="news" [^>]*hx-get="([^"]*)"', page)[1])


def test_a_poll_without_news_costs_one_query_and_next_to_nothing(bob, events, django_assert_num_queries):
    address = poll_address(bob)
    with django_assert_num_queries(1):
        answer = poll(bob, address)
    assert answer.status_code == 204
    assert len(answer.content) + sum(len(f"{name}: {value}\r\n") for name, value in answer.items()) <= 300


def test_new_events_are_counted_and_wait(bob, events):
    address = poll_address(bob, "kind=views")
    told(Verb.VIEW_SHARED, bob, view="New")
    audit.record(Verb.KEY_SHOWN, actor=bob.user)
    answer = poll(bob, address).content.decode()
    assert re.search(r'<a id="new-events"[^>]*>1 new</a>', answer)
    assert LINE.findall(answer) == []
    # The next poll counts from the same page.
    address = unescape(re.search(r'id="news" [^>]*hx-get="([^"]*)"', answer)[1])
    assert poll(bob, address).status_code == 204
    told(Verb.VIEW_SHARED, bob, view="Newer")
    assert ">2 new</a>" in poll(bob, address).content.decode()


def test_a_result_that_is_not_final_is_brought_up_to_date(bob, asked):
    line = Event.objects.get(verb=Verb.REQUESTED_BULK).pk
    page = bob.get(ACTIVITY).content.decode()
    assert f'<input type="hidden" name="open" value="{line}">' in page
    address = poll_address(bob)
    asked.changes.update(state=ChangeState.DONE, updated_at=timezone.now())
    answer = bob.get(f"{address}&open={line}", headers={"HX-Request": "true"}).content.decode()
    assert f'id="result-{line}" hx-swap-oob="true"' in answer
    assert "7 done" in answer
    assert 'name="open"' not in answer


def test_the_version_changes_with_each_event(bob, db):
    before = ActivityVersion.now(people=True).version, DataVersion.now().version
    told(Verb.VIEW_SHARED, bob, view="New")
    after = ActivityVersion.now(people=True).version, DataVersion.now().version
    assert before[0] != after[0]
    assert before[1] == after[1]  # other pages show no events


def test_what_is_filtered_is_exported_as_csv_with_texts_that_are_no_formulas(alice, bob, events):
    told(Verb.VIEW_SHARED, bob, detail="=HYPERLINK(1)", view="-2+3")
    answer = bob.get(EXPORT, {"kind": "views", "person": bob.user.pk})
    assert answer.streaming
    day = timezone.localdate().isoformat()
    assert answer["Content-Disposition"] == f'attachment; filename="activity-{day}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))
    assert [row["Event"] for row in rows] == ["bob shared the view -2+3", "bob shared the view Nachtschicht"]
    assert [row["Reason"] for row in rows] == ["'=HYPERLINK(1)", ""]
    assert {row["Kind"] for row in rows} == {"Views"}


def test_a_german_file_has_german_sentences(bob, events):
    found = bob.get(EXPORT, {"kind": "views"}, headers=GERMAN).getvalue().decode()
    assert "bob hat die Ansicht Nachtschicht geteilt" in found
    assert found.startswith("\ufeffZeit;Person;Art;Ereignis;")


def test_json_has_what_is_stored_and_its_sentence(bob, asked):
    answer = bob.get(EXPORT, {"format": "json"})
    found = json.loads(answer.getvalue())
    assert answer["Content-Type"] == "application/json"
    assert len(found) == 8  # the parts of a bulk change too
    line = found[-1]
    assert (line["verb"], line["actor"], line["facts"]["count"]) == ("requested-bulk", "alice", 7)
    assert line["text"] == "alice requested content logging for 7 endpoints"
    assert line["result"] == "2 done, 1 failed, 4 in progress"
    assert {one["bulk_change"] for one in found} == {str(asked.pk)}
    assert json.loads(bob.get(EXPORT, {"format": "json", "q": "zzzz"}).getvalue()) == []


def test_a_person_without_permission_sees_and_exports_nothing(nemo, events):
    assert nemo.get(ACTIVITY).status_code == 403
    assert nemo.get(EXPORT).status_code == 403


def test_names_are_links_while_what_they_name_exists(alice, bob, endpoint, events):
    page = alice.get(ACTIVITY).content.decode()
    assert f'<a href="{endpoint.get_absolute_url()}"><bdi>{endpoint.display_name}</bdi></a> was discovered' in page
    resource = reverse("endpoints:resource-edit", args=[endpoint.resource_id])
    assert f'<a href="{resource}">' in page
    assert f'<a href="{resource}">' not in bob.get(ACTIVITY).content.decode()


def test_markup_in_names_and_reasons_is_shown_as_text(bob, db):
    told(Verb.VIEW_SHARED, bob, detail="<i>why</i> {0} %s", view="<b>{view}</b> %(actor)s")
    page = bob.get(ACTIVITY).content.decode()
    assert "<bdi>&lt;b&gt;{view}&lt;/b&gt; %(actor)s</bdi>" in page
    assert "<bdi>&lt;i&gt;why&lt;/i&gt; {0} %s</bdi>" in page


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("verb", list(Verb))
def test_each_sentence_has_a_subject_in_each_language(verb, language):
    event = Event(verb=verb, actor_name="ada", endpoint_name="Voicemail", resource_name="Contoso")
    event.facts = {
        "view": "Mine",
        "model": "New",
        "old": "Older",
        "what": "name",
        "person": "bob",
        "role": "viewer",
        "group": "Calls",
        "entry": "e1",
        "count": 2,
        "files": 3,
        "events": 4,
        "day": "2026-01-31",
        "channel": "Mail",
        "address": "hotline",
        "share": 20,
        "token": "Pipeline",
        "rows": 5,
        "time": "2026-01-31T02:15:00+00:00",
    }
    with override(language):
        text = event.text
    assert MISSING not in text
    assert any(name in text for name in ("ada", "bob", "Voicemail", "backup", "Sicherung"))
    assert "%(" not in text


KINDS = [
    ("create", "New was deployed as Voicemail", "New wurde als Voicemail bereitgestellt"),
    ("change-model", "Model of Voicemail changed to New", "Modell von Voicemail in New geändert"),
    ("", "New was deployed to Voicemail", "New wurde auf Voicemail bereitgestellt"),
]


@pytest.mark.parametrize(("kind", "english", "german"), KINDS, ids=["create", "change", "unknown"])
def test_a_deployment_reads_as_what_it_was(kind, english, german):
    event = Event(verb=Verb.DEPLOYED, change_kind=kind, endpoint_name="Voicemail", facts={"model": "New"})
    assert event.text == english
    with override("de"):
        assert event.text == german


def test_events_of_earlier_and_newer_versions_still_read_fine(bob, db):
    told(Verb.REQUESTED_BULK, bob, what="Delete endpoints", count=3)
    told(Verb.LOGS_KEPT, bob, what="kept, a look every hour")
    told(Verb.PURGED, bob)
    told("moved-to-mars", bob)
    shown = text_of(bob)
    assert "bob requested a bulk change of 3 endpoints : Delete endpoints" in shown
    assert "are saved: kept, a look every hour" in shown
    assert "bob : moved-to-mars" in shown
    assert Event.objects.get(verb="moved-to-mars").kind == EventKind.OTHER


def test_what_a_worker_recorded_is_read_in_the_readers_language(bob, db):
    told(Verb.REFUSED, detail="The Speech resource was removed.")
    told(Verb.REFUSED, detail="A sentence that only the service says.")
    told(Verb.UNDECIDED, detail=TranslatableText("everything up to %(day)s (UTC)", day="2026-01-31"))
    with override("de"):
        reasons = [event.reason for event in Event.objects.order_by("pk")]
    assert reasons == [
        "Die Speech-Ressource wurde entfernt.",
        "A sentence that only the service says.",
        "alles bis einschließlich 2026-01-31 (UTC)",
    ]


@pytest.mark.parametrize("query", ["", "person=1", "kind=views", "time=7", "person=none&kind=outside", "result=failed"])
def test_a_page_is_read_by_an_index(bob, db, query):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL chooses by the size of the table")
    rows = selection.NEWEST_FIRST.sort(selection.lines(bob.user, QueryDict(query)))[:51].values("pk")
    assert "TEMP B-TREE" not in rows.explain()
