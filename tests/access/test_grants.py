"""A grant gives a role to a person or a group: everywhere, for a Speech resource, or for a project."""

import importlib
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, connection, transaction

from endpoints.access import roles
from endpoints.access.company.accounts import roles_of
from endpoints.access.grants import EVERYWHERE, NOWHERE, scope
from endpoints.access.people import set_roles
from endpoints.access.permissions import allows
from endpoints.models import Grant, Project, Resource, RoleName, SpeechModel, Status
from endpoints.models.model import ModelKind
from endpoints.pages.forms.new_endpoint import ModelForm, PlaceForm

MIGRATION = importlib.import_module("endpoints.migrations.0023_grants_of_permissions")


@pytest.fixture
def project(db):
    resource = Resource.objects.create(name="contoso", region="eastus")
    return Project.objects.create(resource=resource, remote_id="1", display_name="Calls", locale="en-US")


def again(person):
    """The person as the next request reads them."""
    return type(person.user).objects.get(pk=person.user.pk)


def test_each_role_can_see_and_has_only_rights_of_the_table():
    assert set(roles.ROLES) == set(RoleName)
    for role in roles.ROLES.values():
        assert roles.VIEW in role.rights
        assert role.rights <= set(roles.RIGHTS)
    assert frozenset.union(*(role.rights for role in roles.ROLES.values())) == set(roles.RIGHTS)


def test_the_four_roles_of_administrators_have_every_right():
    assert frozenset.union(*(roles.ROLES[name].rights for name in roles.ADMIN)) == set(roles.RIGHTS)


def test_a_grant_for_a_project_gives_neither_key_nor_health(nemo, project):
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=project)
    assert allows(nemo.user, roles.DEPLOY, on=project)
    assert not allows(nemo.user, roles.DEPLOY, on=project.resource)
    for right in (roles.SHOW_KEY, roles.HEALTH):
        assert scope(nemo.user, right) == NOWHERE


def test_a_grant_for_a_resource_covers_its_projects_and_adds_no_other(nemo, project):
    Grant.objects.create(person=nemo.user, role=RoleName.RESOURCE_ADMIN, resource=project.resource)
    assert allows(nemo.user, roles.MANAGE, on=project.resource)
    assert allows(nemo.user, roles.VIEW, on=project)
    assert not allows(nemo.user, roles.ADD_RESOURCE)


def test_a_role_for_people_is_held_everywhere_or_not_at_all(nemo, project):
    Grant.objects.create(person=nemo.user, role=RoleName.OWNER, resource=project.resource)
    assert not allows(nemo.user, roles.MANAGE_PEOPLE)
    Grant.objects.create(person=nemo.user, role=RoleName.OWNER)
    assert allows(again(nemo), roles.MANAGE_PEOPLE)


def test_grants_of_a_person_and_of_their_groups_add_up(bob, project):
    Grant.objects.create(group=Group.objects.get(name="viewer"), role=RoleName.ON_CALL, project=project)
    Grant.objects.create(person=bob.user, role=RoleName.ON_CALL, resource=project.resource)
    assert scope(bob.user, roles.VIEW) == EVERYWHERE
    held = scope(bob.user, roles.GO_BACK)
    assert (set(held.resources), set(held.projects)) == ({project.resource_id}, {project.pk})
    assert not scope(bob.user, roles.DEPLOY)


def test_whoever_is_not_active_can_do_nothing_and_a_superuser_everything(alice, nemo):
    alice.user.is_active = False
    assert scope(alice.user, roles.VIEW) == NOWHERE
    nemo.user.is_superuser = True
    assert all(scope(nemo.user, right) == EVERYWHERE for right in roles.RIGHTS)


def test_a_grant_ends_with_its_project_and_resource(nemo, project):
    Grant.objects.create(person=nemo.user, role=RoleName.VIEWER, project=project)
    Grant.objects.create(person=nemo.user, role=RoleName.VIEWER, resource=project.resource)
    project.delete()
    assert Grant.objects.get(person=nemo.user).resource == project.resource
    project.resource.delete()
    assert not Grant.objects.filter(person=nemo.user).exists()


@pytest.mark.parametrize("holders", [(), ("person", "group")])
def test_a_grant_belongs_either_to_a_person_or_to_a_group(nemo, holders):
    given = {"person": nemo.user, "group": Group.objects.first()}
    with pytest.raises(DatabaseError), transaction.atomic():
        Grant.objects.create(role=RoleName.VIEWER, **{name: given[name] for name in holders})


def test_a_grant_is_for_a_resource_or_a_project_and_not_for_both(nemo, project):
    with pytest.raises(DatabaseError), transaction.atomic():
        Grant.objects.create(person=nemo.user, role=RoleName.VIEWER, project=project, resource=project.resource)


# What Django had stored in earlier versions, and the roles that it becomes.
STORED = {
    ("view_endpoint",): ["viewer"],
    ("view_endpoint", "read_logs"): ["listener"],
    ("view_endpoint", "deploy_model", "read_logs"): ["deployer", "listener"],
    ("view_endpoint", "manage_logs"): ["viewer"],
    ("deploy_model",): [],
    ("view_endpoint", "read_logs", "deploy_model", "manage_resources", "manage_logs"): [
        *("deployer", "log-admin", "owner", "resource-admin")
    ],
}


@pytest.mark.parametrize("stored", STORED)
@pytest.mark.parametrize("holder", ["group", "person"])
def test_stored_permissions_become_grants_and_grants_become_permissions_again(stored, holder, nemo):
    Grant.objects.all().delete()
    held = Permission.objects.filter(content_type__app_label="endpoints", codename__in=stored)
    group = Group.objects.create(name="a team's own")
    permissions = group.permissions if holder == "group" else nemo.user.user_permissions
    permissions.set(held)
    editor = SimpleNamespace(connection=connection)
    MIGRATION.give(apps, editor)
    row = group if holder == "group" else nemo.user
    assert sorted(Grant.objects.filter(**{holder: row}).values_list("role", flat=True)) == STORED[stored]
    assert Grant.objects.count() == len(STORED[stored])
    permissions.clear()
    MIGRATION.take_back(apps, editor)
    kept = set(permissions.values_list("codename", flat=True))
    assert kept <= set(stored)
    assert kept == set(stored) or stored in (("deploy_model",), ("view_endpoint", "manage_logs"))


def test_groups_of_an_identity_provider_lead_to_groups_that_hold_a_role(nemo, settings):
    calls = Group.objects.create(name="Calls team")
    Group.objects.create(name="Lunch")
    Grant.objects.create(group=calls, role=RoleName.VIEWER)
    settings.OIDC_ROLES = {}
    assert roles_of(["Calls team", "Lunch", "owner", "x\0"]) == {"Calls team", "owner"}
    settings.OIDC_ROLES = {"0a1b": "Calls team", "2c3d": "Lunch"}
    assert roles_of(["0a1b", "2c3d", "owner"]) == {"Calls team"}


def test_a_sign_in_gives_and_takes_groups_with_roles_and_leaves_the_others(bob):
    bob.user.groups.add(Group.objects.create(name="Lunch"))
    set_roles(bob.user, {"deployer"})
    assert set(bob.user.groups.values_list("name", flat=True)) == {"deployer", "Lunch"}
    assert allows(again(bob), roles.DEPLOY)


def test_whoever_deploys_for_a_project_deploys_to_it_alone(nemo, project):
    """With its own models and the base models of its Speech resource."""
    of = {"resource": project.resource, "locale": "en-US", "status": Status.SUCCEEDED, "supports_endpoints": True}
    other = Project.objects.create(resource=project.resource, remote_id="2", display_name="Other", locale="en-US")
    for kind, at in ((ModelKind.BASE, None), (ModelKind.CUSTOM, project), (ModelKind.CUSTOM, other)):
        name = f"{kind} {at}"
        SpeechModel.objects.create(**of, kind=kind, project=at, remote_id=name, display_name=name)
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=project)
    Grant.objects.create(person=nemo.user, role=RoleName.VIEWER)
    field: Any = PlaceForm(person=nemo.user).fields["project"]
    offered = [value for value, _label in field.choices]
    assert offered == [f"project:{project.pk}"]
    for place in (f"project:{other.pk}", f"resource:{project.resource_id}"):
        assert not PlaceForm({"project": place, "locale": "en-US"}, person=nemo.user).is_valid()
    models = ModelForm(person=nemo.user, resource=project.resource, locale="en-US").candidates
    assert sorted(models.values_list("display_name", flat=True)) == ["base None", "custom Calls"]
