"""Owners give and take roles on the pages of people and groups, for everything, a Speech resource or a project."""

import re
from urllib.parse import urljoin

import httpx
import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from endpoints.models import Endpoint, Event, Grant, Project, Resource, RoleName
from tests.pages.test_people import recorded, signed_in_twenty_minutes_ago, text_of

BOB, VIEWERS = "/people/bob/", "/people/groups/viewer/"


@pytest.fixture
def project(db):
    resource = Resource.objects.create(name="Contoso", region="eastus")
    project = Project.objects.create(resource=resource, remote_id="1", display_name="Calls", locale="en-US")
    Endpoint.objects.create(resource=resource, project=project, display_name="Hotline", remote_id="h", locale="en-US")
    Endpoint.objects.create(resource=resource, display_name="Voicemail", remote_id="v", locale="en-US")
    return project


def held(**holder):
    return set(Grant.objects.filter(**holder).values_list("role", "resource__name", "project__display_name"))


def test_a_person_gets_a_role_for_a_project_and_sees_no_more(alice, nemo, project):
    assert nemo.get("/endpoints/").status_code == 403
    alice.post("/people/nemo/grants/", {"role": "deployer", "place": f"project:{project.pk}"})
    assert held(person=nemo.user) == {("deployer", None, "Calls")}
    page = nemo.get("/endpoints/").content.decode()
    assert "Hotline" in page
    assert "Voicemail" not in page
    assert recorded() == [("alice gave nemo the role deployer for the project Calls", "people")]
    assert "deployer Calls Project, Contoso Remove" in text_of(alice, "/people/nemo/")


def test_a_group_gets_a_role_for_a_resource_and_loses_it(alice, project):
    alice.post(f"{VIEWERS}grants/", {"role": "on-call", "place": f"resource:{project.resource_id}"})
    assert held(group__name="viewer") == {("viewer", None, None), ("on-call", "Contoso", None)}
    assert "on-call Contoso Speech resource" in text_of(alice, VIEWERS)
    assert "on-call: Contoso" in text_of(alice, "/people/groups/")
    grant = Grant.objects.get(role="on-call", group__name="viewer")
    alice.post(f"{VIEWERS}grants/", {"take": grant.pk})
    assert held(group__name="viewer") == {("viewer", None, None)}
    assert recorded() == [
        ("alice gave the group viewer the role on-call for the Speech resource Contoso", "people"),
        ("alice took the role on-call for the Speech resource Contoso from the group viewer", "people"),
    ]


def test_a_role_for_everything_is_given_once(alice, bob):
    for _twice in range(2):
        alice.post(f"{BOB}grants/", {"role": "listener", "place": ""})
    assert held(person=bob.user) == {("listener", None, None)}
    assert bob.get("/logs/").status_code == 200
    assert recorded() == [("alice gave bob the role listener for everything", "people")]


@pytest.mark.parametrize(
    ("role", "kind", "text"),
    [
        ("owner", "project", "This role can only be given for everything."),
        ("owner", "resource", "This role can only be given for everything."),
        ("resource-admin", "project", "t be given for a project. Select a Speech resource or everything."),
        ("superuser", "project", "Select an option from the list."),
    ],
)
def test_a_role_is_not_given_for_less_than_it_is_about(alice, bob, project, role, kind, text):
    place = {"project": project.pk, "resource": project.resource_id}[kind]
    answer = alice.post(f"{BOB}grants/", {"role": role, "place": f"{kind}:{place}"}, follow=True)
    assert text in answer.content.decode()
    assert held(person=bob.user) == set()
    assert recorded() == []


def test_a_place_that_does_not_exist_is_not_everything(alice, bob, project):
    alice.post(f"{BOB}grants/", {"role": "viewer", "place": "project:7"})
    assert held(person=bob.user) == set()


def test_a_grant_is_taken_only_on_the_page_of_its_holder(alice, bob, lena):
    mine = Grant.objects.create(person=lena.user, role=RoleName.DEPLOYER)
    for number in (mine.pk, "9" * 30, "x"):
        assert alice.post(f"{BOB}grants/", {"take": number}).status_code == 404
    assert held(person=lena.user) == {("deployer", None, None)}
    alice.post("/people/lena/grants/", {"take": mine.pk})
    assert recorded() == [("alice took the role deployer for everything from lena", "people")]


def test_roles_are_given_only_after_a_recent_sign_in(alice, bob):
    signed_in_twenty_minutes_ago(alice)
    for page in (BOB, VIEWERS):
        answer = alice.post(f"{page}grants/", {"role": "listener"})
        assert answer["Location"].startswith("/sign-in/confirm/?next=")
    answer = alice.post("/people/groups/", {"name": "Calls"})
    assert answer["Location"].startswith("/sign-in/confirm/?next=")
    assert recorded() == []


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_nobody_changes_the_own_roles_or_those_of_a_superuser(alice, bob, name):
    User.objects.filter(username="bob").update(is_superuser=True)
    assert "Add role" not in alice.get(f"/people/{name}/").content.decode()
    alice.post(f"/people/{name}/grants/", {"role": "listener"})
    assert recorded() == []


def test_an_owner_does_not_take_from_a_group_what_makes_them_an_owner(alice):
    grant = Grant.objects.get(group__name="admin", role="owner")
    answer = alice.post("/people/groups/admin/grants/", {"take": grant.pk}, follow=True)
    assert "You would no longer manage people." in answer.content.decode()
    assert Grant.objects.filter(pk=grant.pk).exists()
    Grant.objects.create(person=alice.user, role=RoleName.OWNER)
    alice.post("/people/groups/admin/grants/", {"take": grant.pk})
    assert recorded() == [("alice took the role owner for everything from the group admin", "people")]


def test_only_owners_open_groups_and_give_roles(bob, lena, nemo, project):
    for role in set(RoleName) - {RoleName.OWNER}:
        Grant.objects.create(person=nemo.user, role=role)
    for address in ("/people/groups/", VIEWERS, BOB):
        assert nemo.get(address).status_code == 403
    for address in (f"{VIEWERS}grants/", f"{BOB}grants/", "/people/groups/"):
        assert nemo.post(address, {"role": "owner", "name": "x"}).status_code == 403
    assert recorded() == []


def test_a_group_is_added_once_and_people_are_put_into_it_when_it_has_a_role(alice, bob):
    answer = alice.post("/people/groups/", {"name": "Calls / night"}, follow=True)
    address = answer.redirect_chain[-1][0]
    assert "This group has no role yet." in answer.content.decode()
    answer = alice.post("/people/groups/", {"name": "Calls / night"})
    assert answer.status_code == 422
    assert "There is a group of this name." in answer.content.decode()
    assert alice.post("/people/groups/", {"name": "CALLS / Night"}).status_code == 422
    assert alice.post("/people/groups/", {"name": ""}).status_code == 422
    assert "Calls / night" not in alice.get(BOB).content.decode()
    alice.post(f"{address}grants/", {"role": "listener"})
    assert "Calls / night" in alice.get(BOB).content.decode()
    alice.post(f"{BOB}roles/", {"role": ["Calls / night"]})
    assert set(bob.user.groups.all()) == {Group.objects.get(name="Calls / night")}
    assert "bob" in text_of(alice, address)
    assert recorded()[0] == ("alice added the group Calls / night", "people")


NAMES = ["groups", ".", "..", "...", "~", "~Z3JvdXBz", "a/grants", "../x", "/", "a b", "\u00e4", "%2F", "?", "#"]


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_a_page_of_its_own(alice, name):
    User.objects.create_user(name)
    Group.objects.create(name=name)
    for route in ("person", "group"):
        address = reverse(f"endpoints:{route}", args=[name])
        # As a browser and httpx ask for it: without dots, with what is quoted
        sent = str(httpx.URL(urljoin("http://testserver", address)))
        page = alice.get(sent.removeprefix("http://testserver"))
        assert page.status_code == 200
        assert str(page.context[route]) == name


@pytest.mark.parametrize("part", ["~", "~x", "~Z3JvdXBz!", "~" + "A" * 99, "~w6T_", "~Ym9i"])
def test_an_encoded_part_that_is_no_name_is_not_found(alice, bob, part):
    for address in (f"/people/{part}/", f"/people/groups/{part}/", f"/people/groups/{part}/grants/"):
        assert alice.get(address).status_code in (404, 405)


def test_a_group_that_does_not_exist_is_not_found(alice):
    assert alice.get("/people/groups/nobody/").status_code == 404
    assert alice.post("/people/groups/nobody/grants/", {"role": "viewer"}).status_code == 404


def test_events_of_roles_are_read_in_german(alice, bob, project):
    alice.post(f"{BOB}grants/", {"role": "viewer", "place": f"project:{project.pk}"})
    alice.post(f"{VIEWERS}grants/", {"role": "deployer"})
    shown = re.sub(r"<[^>]+>", "", alice.get("/activity/", headers={"Accept-Language": "de"}).content.decode())
    assert "Rolle viewer für das Projekt Calls" in shown
    assert Event.objects.filter(verb="account-role-given").count() == 2
