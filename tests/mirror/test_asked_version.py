"""A resource without an API version is asked for it; a better one is offered; what people choose stays."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.azure import VERSIONS
from endpoints.mirror import resources, versions
from endpoints.models import Event, Resource
from endpoints.models.event import Verb
from tests.conftest import KEY
from tests.pages.resource_forms import save

V32 = "/speechtotext/v3.2/"


def text_of(response):
    """The words of a page."""
    return " ".join(re.sub("<[^>]*>", " ", response.content.decode()).split())


def retired(*versions, answer="404"):
    return {"retired": ",".join(versions), "retired_answer": answer}


@pytest.fixture
def unversioned(db, world):
    """Registered without a version, and not refreshed yet."""
    return resources.register(name="Contoso", region="eastus", url=world.url, key=KEY)


def mirrored_twice(worker, resource):
    """The second refresh is with the chosen version."""
    worker.mirror()
    worker.mirror()
    resource.refresh_from_db()
    return resource


def next_day():
    yesterday = timezone.now() - timedelta(days=1)
    Resource.objects.update(version_asked_at=yesterday, created_at=yesterday)


def page_of(person, resource):
    return text_of(person.get(reverse("endpoints:resource-edit", args=[resource.pk])))


def test_v32_is_chosen_when_it_answers_because_it_alone_has_logs(alice, unversioned, worker, world):
    assert "Checking which API versions the service supports." in page_of(alice, unversioned)
    worker.mirror()
    unversioned.refresh_from_db()
    assert (unversioned.api_version, unversioned.mirrored_at is not None) == ("v3.2", True)
    page = page_of(alice, unversioned)
    assert "v3.2 is in use. The resource supports v3.2, the only version with its own content logs." in page
    assert "Use API version" not in page
    assert not any("api-version" in entry["path"] for entry in world.ledger())


@pytest.mark.parametrize("answer", ["410", "404", "error"])
@pytest.mark.parametrize(
    ("without", "chosen"), [(["v3.2"], "2025-10-15"), (["v3.2", "2025-10-15"], "2024-11-15")], ids=str
)
def test_otherwise_the_newest_version_that_answers_is_chosen(
    alice, unversioned, worker, world, without, chosen, answer
):
    world.begin(rate_limit="0/0", endpoints=2, switches=retired(*without, answer=answer))
    mirrored_twice(worker, unversioned)
    assert (unversioned.api_version, unversioned.failing_since) == (chosen, None)
    assert unversioned.endpoints.count() == 2
    assert not unversioned.supports("logs")
    assert f"support v3.2. {chosen} is the newest version that it supports." in page_of(alice, unversioned)
    event = Event.objects.get(verb=Verb.RESOURCE_CHANGED)
    assert (event.actor_name, event.facts["fields"]) == (
        "",
        [{"field": "api_version", "old": "v3.2", "new": chosen}],
    )


@pytest.mark.parametrize("status", [401, 503])
def test_nothing_is_chosen_while_the_service_cannot_be_asked(unversioned, worker, world, status):
    world.fail({"path": V32, "times": 50, "effect": {"status": status}})
    worker.mirror()
    unversioned.refresh_from_db()
    assert unversioned.version_is_open
    assert unversioned.failing_since
    world.fail()
    Resource.objects.update(tried_at=None)
    worker.mirror()
    unversioned.refresh_from_db()
    assert (unversioned.version_is_open, unversioned.api_version) == (False, "v3.2")


def test_no_version_is_chosen_for_an_address_at_which_none_answers(unversioned, worker, world):
    world.begin(rate_limit="0/0", switches=retired(*VERSIONS))
    worker.mirror()
    unversioned.refresh_from_db()
    assert unversioned.version_is_open
    assert "No version of the Speech to text REST API was found at" in unversioned.failure


def test_once_a_day_a_better_version_is_looked_for_and_offered(alice, resource, worker, world):
    Resource.objects.update(api_version="2024-11-15")
    worker.mirror()
    assert "Use API version" not in page_of(alice, resource)
    next_day()
    worker.mirror()
    resource.refresh_from_db()
    assert resource.api_version == "2024-11-15"
    page = page_of(alice, resource)
    assert "2024-11-15 is in use. The resource supports v3.2, the only version with its own content logs." in page
    assert "Use API version v3.2" in page
    assert "v3.2 is available" in text_of(alice.get(reverse("endpoints:resources")))
    asked = len(world.ledger())
    worker.mirror()
    assert not any(V32 in entry["path"] for entry in world.ledger()[asked:])


@pytest.mark.parametrize(("status", "waits"), [(503, False), (429, True)])
def test_a_question_that_is_not_answered_changes_no_version(mirrored, worker, world, status, waits):
    Resource.objects.update(api_version="2024-11-15", offered_version="2025-10-15")
    next_day()
    effect = {"status": status, "headers": {"Retry-After": "60"}}
    world.fail({"path": V32, "times": 50, "effect": effect})
    worker.mirror()
    mirrored.refresh_from_db()
    assert (mirrored.api_version, mirrored.offered_version) == ("2024-11-15", "2025-10-15")
    assert (mirrored.paused_until is not None, mirrored.failing_since) == (waits, None)


def test_a_version_that_ends_later_is_not_replaced_but_another_one_is_offered(alice, unversioned, worker, world):
    worker.mirror()
    world.begin(rate_limit="0/0", switches=retired("v3.2"))
    mirrored_twice(worker, unversioned)
    assert (unversioned.api_version, unversioned.other_version) == ("v3.2", "2025-10-15")
    assert alice.post(version_of(unversioned), {"version": "2025-10-15"}).status_code == 302
    Resource.objects.update(tried_at=None)
    worker.mirror()
    unversioned.refresh_from_db()
    assert (unversioned.api_version, unversioned.failing_since, unversioned.other_version) == ("2025-10-15", None, "")
    event = Event.objects.filter(verb=Verb.RESOURCE_CHANGED).latest("pk")
    assert event.actor_name == "alice"
    assert {"field": "api_version", "old": "v3.2", "new": "2025-10-15"} in event.facts["fields"]


MEANWHILE = {
    "another address": {"url": "https://elsewhere.cognitiveservices.azure.com"},
    "another region": {"region": "westus"},
    "another version": {"api_version": "2024-11-15", "automatic_version": False},
}


class Answers:
    """A client that finds v3.2 after `happens`."""

    def __init__(self, happens):
        self.happens = happens

    def first_answering(self):
        self.happens()
        return "v3.2"


@pytest.mark.parametrize("changes", MEANWHILE.values(), ids=MEANWHILE)
@pytest.mark.parametrize("find", [versions.choose, versions.ask_again])
def test_an_answer_about_what_a_person_has_just_changed_is_not_recorded(unversioned, find, changes):
    row = Resource.objects.filter(pk=unversioned.pk)
    answers: Any = Answers(lambda: row.update(**changes))
    find(unversioned, answers)
    stored = row.values("url", "region", "api_version", "automatic_version", "offered_version", "version_asked_at")
    before = {"url": unversioned.url, "region": "eastus", "api_version": "v3.2", "automatic_version": True}
    assert stored.get() == {**before, "offered_version": "", "version_asked_at": None, **changes}


@pytest.mark.parametrize("find", [versions.choose, versions.ask_again])
def test_an_answer_about_a_resource_that_was_just_removed_is_ignored(unversioned, find):
    answers: Any = Answers(Resource.objects.all().delete)
    find(unversioned, answers)
    assert not Resource.objects.exists()


def version_of(resource):
    return reverse("endpoints:resource-version", args=[resource.pk])


@pytest.mark.parametrize("sent", ["2024-11-15", "", "v9"])
def test_only_the_version_that_is_offered_now_can_be_taken(alice, resource, sent):
    Resource.objects.update(offered_version="2025-10-15")
    page = text_of(alice.post(version_of(resource), {"version": sent}, follow=True))
    assert "Nothing was changed because a different API version is available now." in page
    resource.refresh_from_db()
    assert resource.api_version == "v3.2"


def form_of(resource, **changes):
    form = {"name": resource.name, "region": resource.region, "url": resource.url, "auth": "key", "api_version": ""}
    return form | changes


def edit(person, resource, **changes):
    response = save(person, form_of(resource, **changes), resource)
    assert response.status_code == 302, text_of(response)
    resource.refresh_from_db()


def test_automatic_is_a_choice_in_the_form_beside_the_versions(alice, resource, worker, world, settings):
    settings.DEMO = True  # the simulator's address is not https
    Resource.objects.update(api_version="2024-11-15")
    edit(alice, resource, api_version="")
    assert resource.version_is_open
    mirrored_twice(worker, resource)
    assert (resource.api_version, resource.automatic_version) == ("v3.2", True)
    edit(alice, resource, name="Renamed")
    assert (resource.api_version, resource.version_is_open) == ("v3.2", False)
    edit(alice, resource, api_version="2025-10-15")
    assert (resource.api_version, resource.automatic_version) == ("2025-10-15", False)


def test_a_start_without_a_version_lets_the_service_be_asked(db, start, worker, world):
    world.begin(rate_limit="0/0", switches=retired("v3.2"))
    start()
    resource = mirrored_twice(worker, Resource.objects.get())
    assert resource.api_version == "2025-10-15"
    start()
    resource.refresh_from_db()
    assert (resource.api_version, resource.version_is_open) == ("2025-10-15", False)


def test_a_start_keeps_what_people_have_edited(db, alice, start, capsys):
    start(API_VERSION="v3.2")
    resource = Resource.objects.get()
    edit(alice, resource, api_version="2024-11-15", name="Renamed")
    start(API_VERSION="v3.2", KEY="a-newer-key")
    resource = Resource.objects.get()
    assert (resource.name, resource.api_version, resource.key.open()) == ("Renamed", "2024-11-15", "a-newer-key")
    assert "so the environment doesn't set: the API version" in capsys.readouterr().out
    edit(
        alice,
        resource,
        url="https://contoso.cognitiveservices.azure.com",
        auth="managed-identity",
        api_version="2024-11-15",
    )
    start(API_VERSION="v3.2", KEY="another-key")
    resource = Resource.objects.get()
    assert (resource.url, resource.auth) == ("https://contoso.cognitiveservices.azure.com", "managed-identity")
    assert resource.key is None  # the identity of the machine needs none


def test_a_start_never_changes_a_resource_that_a_person_added_under_its_name(db, alice, start):
    form = {"name": "Speech eastus", "region": "westus", "auth": "key", "new_key": "c" * 32, "api_version": "v3.2"}
    assert save(alice, form).status_code == 302
    start()
    resource = Resource.objects.get()
    assert (resource.region, resource.url, resource.api_version, resource.automatic_version) == (
        *("westus", "", "v3.2"),
        False,
    )
    assert resource.key.open() == "c" * 32


def test_a_start_sets_a_new_key_of_a_resource_that_nobody_edited(db, start):
    start()
    start(KEY="another-key", API_VERSION="2024-11-15")
    resource = Resource.objects.get()
    assert (resource.key.open(), resource.api_version, resource.automatic_version) == (
        "another-key",
        "2024-11-15",
        False,
    )
