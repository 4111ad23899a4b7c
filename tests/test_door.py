"""One door for each noun: pages, feeds and messages fetch rows through endpoints/access/door and nowhere else."""

import ast
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.http import Http404

from endpoints.access import door
from endpoints.access.door.list_settings import ListSettings
from endpoints.changes import saved_views
from endpoints.models import Draft, Endpoint

ROOT = Path(__file__).resolve().parent.parent
ELSEWHERE = "cli"  # the command line, which runs on other machines and has no database
ROOMS = ("endpoints/api", "endpoints/pages", "endpoints/messages")
MODELS = {model.__name__ for model in apps.get_app_config("endpoints").get_models()}
# The names by which a row leads to the rows that point to it: endpoint.changes, resource.models, entry.files ...
RELATED = {
    field.remote_field.get_accessor_name()
    for model in apps.get_app_config("endpoints").get_models()
    for field in model._meta.concrete_fields
    if field.remote_field and not field.remote_field.hidden
}
MANAGERS = {"objects", "_default_manager", "_base_manager"}
RAW_SQL = {"connection", "connections", "cursor", "raw", "RawSQL"}
FIELDS = {"ModelChoiceField", "ModelMultipleChoiceField", "ModelChoiceIterator"}
SHORTCUTS = {"get_object_or_404", "get_list_or_404"}

# (file, what it uses): why it may.
ALLOWED = {
    ("pages/paging.py", "_default_manager"): "reads rows again that a query set of the door has selected, by its keys",
    ("api/listing.py", "cursor"): "the parameter that names a page of a list; no cursor of a database",
    ("pages/web_hooks.py", "unrestricted"): "the service calls, and proves by token and signature who it is",
    ("messages/calendar.py", "objects"): "django's User: the person to whom a calendar's token belongs",
    ("messages/row_metrics.py", "unrestricted"): "counts of the whole installation for a monitoring program",
    ("messages/counted_metrics.py", "unrestricted"): "the same",
}


def uses(source):
    """Every use of rows in a module that does not begin at the door."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            at_door = isinstance(node.value, ast.Name) and node.value.id == "door"
            if node.attr in MANAGERS | RAW_SQL | FIELDS | {"unrestricted"} or (node.attr in RELATED and not at_door):
                yield node.attr
        elif isinstance(node, ast.Name) and node.id in FIELDS:
            yield node.id
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("django.db"):
            yield from (alias.name for alias in node.names if alias.name in RAW_SQL)
        elif isinstance(node, ast.keyword) and node.arg == "queryset":
            yield "queryset"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHORTCUTS:
            first = node.args[0]
            if isinstance(first, ast.Name) and first.id in MODELS:
                yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            yield from (arg.value for arg in node.args[1:2] if isinstance(arg, ast.Constant) and arg.value in MANAGERS)


def test_pages_and_messages_fetch_rows_through_the_door_only():
    found = {
        (str(path.relative_to(ROOT / "endpoints")), name)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if path.parent.name != ELSEWHERE
        for name in uses(path.read_text())
    }
    assert found == set(ALLOWED)


@pytest.mark.parametrize(
    "line",
    [
        "Endpoint.objects.filter(pk=pk)",
        "Change._default_manager.all()",
        "endpoint.changes.first()",
        "endpoint.downloads",
        "endpoint.log_entries.all()",
        "endpoint.log_files",
        "endpoint.log_days",
        "resource.endpoints.present()",
        "resource.models",
        "resource.projects",
        "bulk.changes.all()",
        "entry.files.all()",
        "user.saved_views.all()",
        "get_object_or_404(Endpoint, pk=pk)",
        "forms.ModelChoiceField(rows)",
        "Field(queryset=rows)",
        "from django.db import connection",
        "Endpoint.objects.raw('SELECT 1')",
        "getattr(Endpoint, 'objects')",
        "door.unrestricted(Endpoint)",
    ],
)
def test_a_way_around_the_door_is_found(line):
    assert list(uses(line))


@pytest.mark.parametrize(
    "line", ["door.changes(person).open()", "endpoint.open_change", "get_object_or_404(rows, pk=1)"]
)
def test_what_begins_at_the_door_is_not(line):
    assert not list(uses(line))


def nouns(person):
    """The number of rows of each noun, by the door's default permission."""
    names = [
        *("resources", "projects", "models", "endpoints", "changes", "bulks", "events", "downloads", "purges"),
        *("log_archives", "log_days", "log_entries", "log_files", "saved_views", "favorites"),
    ]
    return {name: getattr(door, name)(person).count() for name in names}


@pytest.mark.usefixtures("endpoint")
def test_rows_are_shown_by_the_permission_of_their_noun(alice, bob, nemo):
    assert door.endpoints(bob.user).count() == Endpoint.objects.count() > 0
    assert door.endpoints(bob.user, door.DEPLOY).count() == 0
    assert door.endpoints(alice.user, door.DEPLOY).count() == Endpoint.objects.count()
    assert door.locales(bob.user)
    assert door.locales(nemo.user) == []
    assert set(nouns(nemo.user).values()) == {0}


@pytest.mark.usefixtures("endpoint")
def test_one_row_is_forbidden_without_the_permission_and_not_found_without_the_row(alice, bob, nemo):
    pk = Endpoint.objects.first().pk
    assert door.endpoint(bob.user, pk).pk == pk
    with pytest.raises(PermissionDenied):
        door.endpoint(bob.user, pk, door.DEPLOY)
    with pytest.raises(PermissionDenied):
        door.endpoint(nemo.user, pk)
    with pytest.raises(Http404):
        door.endpoint(alice.user, uuid.uuid4(), door.DEPLOY)
    for one in (door.resource, door.change, door.bulk, door.download, door.purge):
        with pytest.raises(PermissionDenied):
            one(bob.user, uuid.uuid4())
        with pytest.raises(Http404):
            one(alice.user, uuid.uuid4())


def test_an_endpoint_that_the_service_does_not_have_cannot_be_changed(alice, resource):
    asked_for = Endpoint.objects.create(resource=resource, display_name="Asked for")
    with pytest.raises(Http404):
        door.endpoint_on_service(alice.user, asked_for.pk)


def test_people_who_see_other_rows_share_no_cached_result(alice, bob, nemo):
    assert door.scope(alice.user) == door.scope(bob.user)
    assert door.scope(nemo.user) != door.scope(bob.user)
    assert door.scope(bob.user, door.DEPLOY) != door.scope(alice.user, door.DEPLOY)


def test_a_draft_belongs_to_its_owner(alice, bob):
    mine = Draft.objects.create(owner=alice.user)
    assert door.draft(alice.user, mine.pk) == mine
    assert door.draft(bob.user, uuid.uuid4()).owner == bob.user
    with pytest.raises(Http404):
        door.draft(bob.user, mine.pk)


def test_a_view_is_seen_by_its_owner_until_it_is_shared(alice, bob):
    view = door.saved_views(alice.user).create(owner=alice.user, name="Mine")
    assert not door.saved_views(bob.user).exists()
    assert ListSettings.of(bob.user).views == ()
    door.saved_views(alice.user).update(shared=True)
    assert door.saved_view(bob.user, view.pk) == view
    assert ListSettings.of(bob.user).views == (("Mine", ""),)


def test_a_default_view_that_is_no_longer_shared_is_read_by_its_owner_alone(alice, bob):
    view = door.saved_views(alice.user).create(owner=alice.user, name="Mine", query="q=secret", shared=True)
    for person in (alice, bob):
        door.preferences(person.user).create(user=person.user, default_view=view)
        assert ListSettings.of(person.user).default == "q=secret"
    saved_views.share(view, actor=alice.user, shared=False)
    assert ListSettings.of(alice.user).default == "q=secret"
    assert ListSettings.of(bob.user).default == ""


def test_a_person_without_a_role_reads_no_name_of_a_resource(bob, nemo, resource):
    resource.record_failure("The service does not answer.")
    assert resource.name in bob.get("/settings/").content.decode()
    page = nemo.get("/settings/").content.decode()
    assert resource.name not in page
    assert "Speech resources" not in page
