"""Permissions are checked on the server, and actions without permission are not offered."""

import re
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import get_resolver, reverse

from endpoints.access import grants, roles
from endpoints.api.application import api
from endpoints.models import Change, Download, Endpoint, Grant, Resource, RoleName
from tests.api.conftest import Program

# Each address, and the roles that may use it. An address that is missing here fails the test below.
MATRIX = {
    "list": ("GET", {"viewer", "listener", "admin"}),
    "detail": ("GET", {"viewer", "listener", "admin"}),
    "sample-code": ("GET", {"viewer", "listener", "admin"}),
    "content-logging": ("GET", {"viewer", "listener", "admin"}),
    "history": ("GET", {"viewer", "listener", "admin"}),
    "models": ("GET", {"viewer", "listener", "admin"}),
    "activity": ("GET", {"viewer", "listener", "admin"}),
    "activity-export": ("GET", {"viewer", "listener", "admin"}),
    "favorite": ("POST", {"viewer", "listener", "admin"}),
    "columns": ("POST", {"viewer", "listener", "admin"}),
    "views": ("GET", {"viewer", "listener", "admin"}),
    "view": ("POST", {"viewer", "listener", "admin"}),
    "search": ("GET", {"viewer", "listener", "admin"}),
    "shortcuts": ("GET", {"viewer", "listener", "admin"}),
    "new": ("POST", {"admin"}),
    "change-model": ("POST", {"admin"}),
    "key": ("POST", {"admin"}),
    "try-it": ("POST", {"admin"}),
    "try-it-answers": ("GET", {"admin"}),
    "who-answers": ("POST", {"admin"}),
    "who-answers-logs": ("POST", {"admin"}),
    "who-answers-check": ("POST", {"admin"}),
    "who-answers-remove": ("POST", {"admin"}),
    "who-answers-trial": ("POST", {"admin"}),
    "all-logs": ("GET", {"listener", "admin"}),
    "logs": ("GET", {"listener", "admin"}),
    "logs-refresh": ("POST", {"listener", "admin"}),
    "log-entry": ("GET", {"listener", "admin"}),
    "log-audio": ("GET", {"listener", "admin"}),
    "log-transcript": ("GET", {"listener", "admin"}),
    "log-days": ("GET", {"listener", "admin"}),
    "logs-keep": ("POST", {"admin"}),
    "logs-purge": ("POST", {"admin"}),
    "purge": ("GET", {"admin"}),
    "purge-receipt": ("GET", {"admin"}),
    "download": ("POST", {"listener", "admin"}),
    "downloads": ("GET", {"listener", "admin"}),
    "download-cancel": ("POST", {"listener", "admin"}),
    "download-pause": ("POST", {"listener", "admin"}),
    "download-resume": ("POST", {"listener", "admin"}),
    "download-retry": ("POST", {"listener", "admin"}),
    "download-file": ("GET", {"listener", "admin"}),
    "edit": ("POST", {"admin"}),
    "delete": ("POST", {"admin"}),
    "go-back": ("POST", {"admin"}),
    "remove-duplicate": ("POST", {"admin"}),
    "dismiss": ("POST", {"admin"}),
    "change-cancel": ("POST", {"admin"}),
    "change-decide": ("POST", {"admin"}),
    "bulk": ("POST", {"admin"}),
    "bulk-progress": ("GET", {"admin"}),
    "bulk-cancel": ("POST", {"admin"}),
    "export": ("GET", {"viewer", "listener", "admin"}),
    "log-folder": ("POST", {"admin"}),
    "resource-hook": ("POST", {"admin"}),
    "resource-keys": ("POST", {"admin"}),
    "resource-version": ("POST", {"admin"}),
    "addresses": ("GET", {"viewer", "listener", "admin"}),
    "address-new": ("POST", {"admin"}),
    "address": ("GET", {"viewer", "listener", "admin"}),
    **{f"address-{name}": ("POST", {"admin"}) for name in ("move", "cancel", "go-back", "share", "take-back")},
    "address-to-standby": ("POST", {"admin"}),
    **{f"address-{name}": ("POST", {"admin"}) for name in ("standby", "description", "delete")},
    "alerts": ("GET", {"viewer", "listener", "admin"}),
    "alerts-read": ("POST", {"viewer", "listener", "admin"}),
    "alert-settings": ("GET", {"viewer", "listener", "admin"}),
    "alert-choice": ("POST", {"viewer", "listener", "admin"}),
    "alert-channel-new": ("POST", {"viewer", "listener", "admin"}),
    "alert-channel": ("GET", {"viewer", "listener", "admin"}),
    "alert-channel-test": ("POST", {"viewer", "listener", "admin"}),
    "alert-channel-secret": ("POST", {"viewer", "listener", "admin"}),
    "alert-channel-delete": ("POST", {"viewer", "listener", "admin"}),
    "banners": ("GET", {"viewer", "listener", "admin"}),
    "resources": ("GET", {"admin"}),
    "resource-new": ("POST", {"admin"}),
    "resource-edit": ("POST", {"admin"}),
    "help": ("GET", {"viewer", "listener", "admin", None}),
    "resource-draft": ("POST", {"admin"}),
    "resource-test": ("POST", {"admin"}),
    "resource-pause": ("POST", {"admin"}),
    "resource-resume": ("POST", {"admin"}),
    "resource-remove": ("POST", {"admin"}),
    "people": ("GET", {"admin"}),
    "person": ("GET", {"admin"}),
    "person-sessions": ("POST", {"admin"}),
    "person-active": ("POST", {"admin"}),
    "person-second-factor": ("POST", {"admin"}),
    "person-roles": ("POST", {"admin"}),
    "person-grants": ("POST", {"admin"}),
    "groups": ("GET", {"admin"}),
    "group": ("GET", {"admin"}),
    "group-grants": ("POST", {"admin"}),
    "person-password-link": ("POST", {"admin"}),
    "invite": ("POST", {"admin"}),
    "settings": ("POST", {"viewer", "listener", "admin", None}),
    "tokens": ("POST", {"viewer", "listener", "admin", None}),
    "api-docs": ("GET", {"viewer", "listener", "admin", None}),
    "api-docs-file": ("GET", {"viewer", "listener", "admin", None}),
    "service-account": ("POST", {"admin"}),
    "person-tokens": ("POST", {"admin"}),
}
# Open to everybody with the token in the address: see tests/messages/test_calendar.py.
BY_TOKEN = {"calendar"}


def address(name):
    ids = {"pk": uuid.uuid4(), "entry": 1, "name": "nobody", "trial": uuid.uuid4()}
    return reverse(f"endpoints:{name}", kwargs={part: ids[part] for part in PATTERNS[name]})


RESOLVED: Any = get_resolver("endpoints.urls").reverse_dict.items()
PATTERNS = {name: signature[0][0][1] for name, signature in RESOLVED if isinstance(name, str)}


def test_every_address_has_a_row_in_the_matrix():
    assert set(PATTERNS) == set(MATRIX) | BY_TOKEN


@pytest.mark.parametrize("name", MATRIX)
def test_an_address_is_open_to_its_roles_and_closed_to_others(name, alice, bob, lena, nemo, client):
    method, allowed = MATRIX[name]
    for role, person in (("admin", alice), ("viewer", bob), ("listener", lena), (None, nemo)):
        answer = getattr(person, method.lower())(address(name))
        status = answer.status_code
        # Permission was granted if the response is about an unknown id or an invalid form.
        assert (status in (200, 302, 404, 422)) if role in allowed else status == 403, (role, status)
        assert not answer.get("Location", "").startswith("/sign-in/")
    answer = getattr(client, method.lower())(address(name))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("name", [name for name, (method, _roles) in MATRIX.items() if method == "POST"])
def test_a_form_from_another_site_is_refused(name, alice):
    alice.handler.enforce_csrf_checks = True
    assert alice.post(address(name)).status_code == 403


@pytest.mark.parametrize("name", ["key", "download-cancel", "download-pause", "download-resume", "download-retry"])
def test_what_changes_something_cannot_be_done_by_a_link(name, alice):
    assert alice.get(address(name)).status_code == 405


def test_buttons_without_permission_are_absent(resource, world, worker, alice, bob, lena):
    world.begin(endpoints=1, logs=1, rate_limit="0/0")
    worker.mirror()
    endpoint = Endpoint.objects.get().get_absolute_url()
    assert "Deploy model</a>" in alice.get("/endpoints/").content.decode()
    assert "Deploy model</a>" not in bob.get("/endpoints/").content.decode()
    assert "Change model</a>" in alice.get(endpoint).content.decode()
    assert "Change model</a>" not in lena.get(endpoint).content.decode()
    assert "Download log</button>" in lena.get(endpoint).content.decode()
    assert "Download log</button>" not in bob.get(endpoint).content.decode()
    assert "/resources/" not in bob.get("/endpoints/").content.decode()


def test_only_who_may_read_logs_is_shown_a_download_of_them(mirrored, world, worker, alice, bob, lena):
    world.begin(endpoints=1, logs=1, rate_limit="0/0")
    worker.mirror()
    endpoint = Endpoint.objects.get()
    Download.objects.create(endpoint=endpoint, actor=lena.user, actor_name="lena", purpose="Complaint 4711")
    for person, sees in ((alice, True), (lena, True), (bob, False)):
        answer = person.get(reverse("endpoints:content-logging", args=[endpoint.pk]))
        assert ("Complaint 4711" in answer.content.decode()) == sees
        assert (answer.context["latest_download"] is not None) == sees


def again(person):
    """The person as the next request reads them."""
    return type(person.user).objects.get(pk=person.user.pk)


def test_the_header_names_the_roles_that_no_other_one_contains(alice, bob, lena, nemo):
    assert [grants.role_of(person.user) for person in (bob, lena, alice, nemo)] == ["viewer", "listener", "admin", ""]
    Grant.objects.create(person=lena.user, role=RoleName.DEPLOYER)
    assert grants.role_of(again(lena)) == "listener, deployer"
    lena.user.groups.clear()
    assert grants.role_of(again(lena)) == "deployer"
    Grant.objects.create(person=nemo.user, role="of-a-newer-version")
    assert grants.role_of(again(nemo)) == ""
    nemo.user.is_superuser = True
    assert grants.role_of(nemo.user) == "admin"


def test_creating_the_groups_again_leaves_them_as_a_team_has_changed_them(db):
    viewers = Group.objects.get(name="viewer")
    Grant.objects.filter(group=viewers).delete()
    Group.objects.get(name="listener").delete()
    grants.create_groups()
    assert not Grant.objects.filter(group=viewers).exists()
    held = {(one.role, one.resource, one.project) for one in Grant.objects.filter(group__name="listener")}
    assert held == {("listener", None, None)}
    admins = Grant.objects.filter(group__name="admin").values_list("role", flat=True)
    assert sorted(admins) == ["deployer", "log-admin", "owner", "resource-admin"]


def test_permissions_that_django_has_stored_say_nothing(nemo):
    nemo.user.user_permissions.set(Permission.objects.filter(content_type__app_label="endpoints"))
    assert nemo.get("/endpoints/").status_code == 403
    assert not again(nemo).has_perm("endpoints.view_endpoint")
    assert not again(nemo).has_perm("auth.view_user")
    nemo.user.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert again(nemo).has_perm("auth.view_user")


def test_a_person_who_was_deactivated_is_signed_out_at_the_next_request(alice, db):
    assert alice.get("/endpoints/").status_code == 200
    alice.user.is_active = False
    alice.user.save()
    assert alice.get("/endpoints/").status_code == 302


def test_a_fragment_requested_after_the_session_ended_sends_the_whole_page_to_sign_in(client, db):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/endpoints/?q=hotline"}
    answer = client.get("/endpoints/?q=hotline", headers=headers)
    assert answer["HX-Redirect"].startswith("/sign-in/?next=")
    assert b"<form" not in answer.content


def test_all_filters_survive_signing_in_again_after_a_fragment(alice, client):
    filtered = "/endpoints/?q=a%26b&locale=en-US&logging=on&sort=-created"
    alice.user.set_password("a long enough word")
    alice.user.save()
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{filtered}"}
    to = client.get("/endpoints/", headers=headers)["HX-Redirect"]
    assert parse_qs(urlsplit(to).query) == {"next": [filtered]}
    page = client.get(to)
    typed = {"username": "alice", "password": "a long enough word", "next": page.context["redirect_field_value"]}
    assert client.post(to, typed)["Location"] == filtered


def test_a_person_without_permission_causes_no_request_to_the_service(mirrored, bob, world):
    before = len(world.ledger())
    bob.post(reverse("endpoints:new"), {"go": "add"})
    assert len(world.ledger()) == before
    assert not Change.objects.exists()


def test_health_is_open_to_machines(client, db):
    assert client.get("/health/live").status_code == 200
    ready = client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json()["worker"] is False


def test_metrics_count_rows_and_name_no_endpoint(client, mirrored, world, worker):
    world.begin(endpoints=20, rate_limit="0/0")
    worker.mirror()
    text = client.get("/metrics").content.decode()
    assert 'speechstudio_endpoints{status="Succeeded"}' in text
    assert "speechstudio_next_expiration_seconds" in text
    assert "Front door" not in text


def test_there_are_no_people_and_no_passwords_outside_the_demo(django_user_model, db):
    assert not django_user_model.objects.exists()
    assert not Resource.objects.exists()


# The addresses that a person who has every permission but this one may not use.
NEEDED = {
    "view_endpoint": {
        *("alerts", "alerts-read", "alert-settings", "alert-choice", "alert-channel-new", "alert-channel"),
        *("alert-channel-test", "alert-channel-secret", "alert-channel-delete"),
        "address",
        "addresses",
        "banners",
        "activity",
        "activity-export",
        "columns",
        "content-logging",
        "detail",
        "export",
        "favorite",
        "history",
        "list",
        "models",
        "search",
        "sample-code",
        "shortcuts",
        "view",
        "views",
    },
    "deploy_model": {
        *("who-answers", "who-answers-logs", "who-answers-check", "who-answers-remove", "who-answers-trial"),
        "address-cancel",
        "address-delete",
        "address-description",
        "address-move",
        "address-new",
        "address-share",
        "address-standby",
        "bulk",
        "bulk-cancel",
        "bulk-progress",
        "change-cancel",
        "change-decide",
        "change-model",
        "delete",
        "dismiss",
        "edit",
        "new",
        "remove-duplicate",
    },
    "manage_people": {
        "service-account",
        "person-tokens",
        "people",
        "person",
        "invite",
        "person-active",
        "person-password-link",
        "person-roles",
        "person-grants",
        "group",
        "groups",
        "group-grants",
        "person-second-factor",
        "person-sessions",
    },
    "go_back": {"address-go-back", "address-take-back", "address-to-standby", "go-back"},
    "try_endpoint": {"try-it", "try-it-answers"},
    "show_key": {"key"},
    "add_resource": {"resource-new"},
    "read_logs": {
        "who-answers-logs",
        "all-logs",
        "download",
        "download-cancel",
        "download-file",
        "download-pause",
        "download-resume",
        "download-retry",
        "downloads",
        "log-audio",
        "log-days",
        "log-entry",
        "log-transcript",
        "logs",
        "logs-refresh",
        "logs-purge",
    },
    "manage_logs": {"logs-keep", "logs-purge", "purge", "purge-receipt"},
    "manage_resources": {
        "log-folder",
        "resource-draft",
        "resource-edit",
        "resource-hook",
        "resource-keys",
        "resource-new",
        "resource-pause",
        "resource-remove",
        "resource-resume",
        "resource-test",
        "resource-version",
        "resources",
    },
}


@pytest.mark.parametrize("missing", NEEDED)
def test_an_address_needs_its_right_and_no_other_one(missing, nemo, monkeypatch):
    monkeypatch.setitem(roles.ROLES, "all-but-one", roles.Role("", frozenset({*roles.RIGHTS} - {missing})))
    Grant.objects.create(person=nemo.user, role="all-but-one")
    statuses = {name: getattr(nemo, method.lower())(address(name)).status_code for name, (method, _) in MATRIX.items()}
    assert {name for name, status in statuses.items() if status == 403} == NEEDED[missing]


# The operations of the API by the right that each needs; that of `me` is a token alone.
OPERATIONS = {
    None: {"show_me"},
    "view_endpoint": {
        *("list_endpoints", "show_endpoint", "list_changes", "show_change", "list_models", "show_model"),
        *("list_projects", "list_resources", "show_resource", "list_activity", "show_who_answers", "show_quality"),
        *("list_addresses", "show_address", "list_address_changes", "show_address_change"),
    },
    "go_back": {"go_back", "share_address", "move_to_standby"},
    "deploy_model": {
        *("add_address", "move_address", "set_standby", "describe_address", "cancel_move", "delete_address"),
        *("deploy", "change_model", "edit_endpoint", "delete_endpoint", "dismiss_endpoint"),
        *("cancel_change", "decide_change", "check_who_answers"),
    },
    "read_logs": {
        *("list_logs", "show_log", "log_audio", "log_transcript", "refresh_logs"),
        *("list_downloads", "show_download", "download_file", "request_download"),
        *("cancel_download", "pause_download", "resume_download", "retry_download"),
    },
    "manage_resources": {"pause", "resume"},
}
BODIES: dict[str, Any] = {
    "deploy": {"name": "New", "model": str(uuid.uuid4())},
    "change_model": {"model": str(uuid.uuid4())},
    "go_back": {"reason": "Worse"},
    "delete_endpoint": {"name": "Old", "reason": "Old"},
    "decide_change": {"decision": "again"},
    "add_address": {"name": "hotline", "endpoint": str(uuid.uuid4())},
    "move_address": {"endpoint": str(uuid.uuid4())},
    "share_address": {"percent": 0},
    "set_standby": {"endpoint": None},
    "describe_address": {"description": ""},
    "delete_address": {"name": "hotline", "reason": "Old"},
}


def operations():
    """Id, method and address of each operation of the API."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for one in view.operations:
                there = re.sub(r"{\w+:pk}", str(uuid.uuid4()), path).replace("{int:entry}", "1")
                there = there.replace("{slug:name}", "hotline")
                yield one.operation_id, one.methods[0], f"/api/v1{there}"


def ask(program, name, method, there):
    if method == "GET":
        return program.get(there).status_code
    return program.send(there.removeprefix("/api/v1"), BODIES.get(name, {})).status_code


def test_every_operation_of_the_api_has_a_row():
    rows = [name for names in OPERATIONS.values() for name in names]
    assert sorted(name for name, _method, _there in operations()) == sorted(rows)


@pytest.mark.parametrize("right", OPERATIONS)
def test_an_operation_needs_its_right_and_no_other_one(right, nemo, monkeypatch, client):
    """By a token, whether the person lacks the right or the token does."""
    some = {one for one in roles.RIGHTS if one != right}
    monkeypatch.setitem(roles.ROLES, "all-but-one", roles.Role("", frozenset(some)))
    Grant.objects.create(person=nemo.user, role="all-but-one")
    lacking = Program(again(nemo))
    statuses = {name: ask(lacking, name, method, there) for name, method, there in operations()}
    assert {name for name, status in statuses.items() if status == 403} == (OPERATIONS[right] if right else set())
    assert set(statuses.values()) <= {200, 403, 404, 422}
    nemo.user.is_superuser = True
    nemo.user.save()
    narrowed = Program(again(nemo), "narrowed", rights=sorted(some))
    assert {name: ask(narrowed, name, method, there) for name, method, there in operations()} == statuses


def test_no_operation_is_open_without_a_token(alice, client, db):
    for name, method, there in operations():
        for person in (client, alice):
            answer = getattr(person, method.lower())(there)
            assert answer.status_code == 401, name
            assert answer["Content-Type"] == "application/problem+json"
