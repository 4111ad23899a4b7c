"""What a person is allowed to do: the check in front of each page, and the one for single buttons."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

Person = User | AnonymousUser


MANAGE_RESOURCES = "manage_resources"


def may(permission: str) -> Callable[[Any], Any]:
    """Decorate a view: only people with this permission of ours; others get 403.

    Sign-in itself is demanded of every page by LoginRequiredMiddleware.
    """
    return permission_required(f"endpoints.{permission}", raise_exception=True)


def allows(person: Person, permission: str, on: Model | None = None) -> bool:
    """Whether the person holds this permission of ours, for the endpoint or Speech resource `on` or anywhere.

    A role holds everywhere, so `on` makes no difference as long as permissions are granted by roles alone.
    """
    return person.has_perm(f"endpoints.{permission}")


def may_manage_people(person: Person) -> bool:
    """Whether the person manages accounts, roles and sessions of others. The one place that decides it."""
    return allows(person, MANAGE_RESOURCES)


def needs_second_factor(person: Person) -> bool:
    """Whether the person is one of those for whom ADMIN_SECOND_FACTOR asks for a second factor."""
    return allows(person, MANAGE_RESOURCES)


def people_manager(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view: only those who manage people; others get 403."""

    @wraps(view)
    def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_manage_people(request.user):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return permitted
