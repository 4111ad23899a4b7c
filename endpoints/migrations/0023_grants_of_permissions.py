"""Permissions that Django has stored for groups and people become grants everywhere, and back."""

from django.conf import settings
from django.db import migrations

VIEW, READ, DEPLOY, LOGS, RESOURCES = "view_endpoint", "read_logs", "deploy_model", "manage_logs", "manage_resources"
EVERYTHING = {VIEW, READ, DEPLOY, LOGS, RESOURCES}
ROLES = {
    "viewer": {VIEW},
    "listener": {VIEW, READ},
    "deployer": {VIEW, DEPLOY},
    "log-admin": {VIEW, READ, LOGS},
    "resource-admin": {VIEW, RESOURCES},
}
IN_EARLIER_VERSIONS = {**ROLES, "on-call": {VIEW}, "owner": {VIEW}}


def give(apps, schema_editor):
    using = schema_editor.connection.alias
    group, person = apps.get_model("auth", "Group"), apps.get_model("auth", "User")
    for holder, model, permissions in (("group", group, "permissions"), ("person", person, "user_permissions")):
        ours = {f"{permissions}__content_type__app_label": "endpoints"}
        for row in model.objects.using(using).filter(**ours).distinct():
            codes = getattr(row, permissions).filter(content_type__app_label="endpoints")
            _give(apps, using, {holder: row}, set(codes.values_list("codename", flat=True)))


def _give(apps, using, holder, held):
    """Nobody can do more than before; only who could do everything becomes an owner."""
    fitting = [role for role, codes in ROLES.items() if codes <= held]
    roles = [role for role in fitting if not any(ROLES[role] < ROLES[other] for other in fitting)]
    grants = apps.get_model("endpoints", "Grant").objects.using(using)
    for role in [*roles, *(["owner"] if held >= EVERYTHING else [])]:
        grants.create(role=role, **holder)


def take_back(apps, schema_editor):
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    ours = {one.codename: one for one in permissions.filter(content_type__app_label="endpoints")}
    everywhere = apps.get_model("endpoints", "Grant").objects.using(using).filter(resource=None, project=None)
    for grant in everywhere.select_related("group", "person"):
        codes = [ours[code] for code in IN_EARLIER_VERSIONS.get(grant.role, ()) if code in ours]
        stored = grant.group.permissions if grant.group else grant.person.user_permissions
        stored.add(*codes)


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("endpoints", "0022_grants"),
    ]

    operations = [migrations.RunPython(give, take_back)]
