"""Who may see a page. Sign-in is demanded of every page by LoginRequiredMiddleware."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest as PlainRequest
from django_htmx.middleware import HtmxDetails


class HttpRequest(PlainRequest):
    """A request as the middleware leaves it."""

    htmx: HtmxDetails
    user: User


def may(permission: str) -> Callable[[Any], Any]:
    """Only people with this permission of ours; others get 403."""
    return permission_required(f"endpoints.{permission}", raise_exception=True)
