"""Events about people and their accounts are shown only to whoever manages resources, wherever events are shown."""

import json

import pytest

from endpoints.access import door
from endpoints.access.door.activity_version import ActivityVersion
from endpoints.models import Event

ACTIVITY, EXPORT = "/activity/", "/activity/export/?format=json"


@pytest.fixture
def signed_in(db):
    facts = {"verb": "account-signed-in", "actor_id": 4711, "actor_name": "zoe"}
    return Event.objects.create(**facts)


def test_their_kind_follows_from_the_beginning_of_the_verb(signed_in):
    signed_in.refresh_from_db()
    assert signed_in.kind == "people"


@pytest.mark.parametrize(("name", "seen"), [("alice", True), ("bob", False)])
def test_page_filter_export_count_and_news_show_them_by_permission(request, signed_in, name, seen):
    person = request.getfixturevalue(name)
    page = person.get(ACTIVITY).content.decode()
    assert (f'id="event-{signed_in.pk}"' in page, "zoe" in page) == (seen, seen)
    assert ('value="people"' in page) == seen
    for query in ("kind=people", "q=zoe", "person=4711"):
        assert (f'id="event-{signed_in.pk}"' in person.get(f"{ACTIVITY}?{query}").content.decode()) == seen
    assert bool(json.loads(b"".join(person.get(EXPORT)))) == seen
    assert door.events(person.user).count() == int(seen)
    headers = {"HX-Request": "true", "HX-Target": "news"}
    news = person.get(f"{ACTIVITY}?since=0&version=old", headers=headers).content.decode()
    assert ("1 new" in news) == seen


def test_a_page_without_them_has_no_news_of_them(signed_in):
    before = [ActivityVersion.now(people=people).version for people in (True, False)]
    Event.objects.create(verb="account-signed-out", actor_name="zoe")
    after = [ActivityVersion.successor(version, "").version for version in before]
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True]
