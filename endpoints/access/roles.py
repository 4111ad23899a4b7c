"""The three roles, as Django groups: viewer sees endpoints, listener also reads content logs, admin does everything."""

from typing import Any

VIEWER = {"view_endpoint"}
ROLES = {
    "viewer": VIEWER,
    "listener": VIEWER | {"read_logs"},
    "admin": VIEWER | {"read_logs", "deploy_model", "manage_resources", "manage_logs"},
}


def create_groups(using: str = "default", **_: Any) -> None:
    """Create the groups and add missing permissions; permissions that a team has added stay."""
    from django.contrib.auth.models import Group, Permission

    for name, codenames in ROLES.items():
        group, _created = Group.objects.using(using).get_or_create(name=name)
        group.permissions.add(
            *Permission.objects.using(using).filter(content_type__app_label="endpoints", codename__in=codenames)
        )


def role_of(user: Any) -> str:
    """The highest role whose permissions the user has, for the header of pages; empty if there is none."""
    held = [name for name, codes in ROLES.items() if all(user.has_perm(f"endpoints.{code}") for code in codes)]
    return held[-1] if held else ""
