"""Django's permissions of this app, such as `perms.endpoints.deploy_model` in templates, by the grants of a person."""

from typing import Any

from django.core.exceptions import PermissionDenied

from endpoints.access.grants import Person, scope


class Grants:
    """Before the other backends, so that permissions stored by Django say nothing about this app."""

    def authenticate(self, _request: Any, **_credentials: Any) -> None:
        return None

    def has_perm(self, person: Person, permission: str, _row: Any = None) -> bool:
        """Whether the person has the right anywhere. By PermissionDenied, Django asks no other backend."""
        app, _dot, right = permission.partition(".")
        if app != "endpoints":
            return False
        if not scope(person, right):
            raise PermissionDenied
        return True
