"""Django's administration fails when `_to_field` is there and empty, because it looks for a field without a name."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite

from endpoints.pages.http import HttpRequest


def take_empty_field_for_none(site: AdminSite) -> None:
    """For all classes that are registered."""
    for each in site._registry.values():
        each.get_object = partial(_get_object, each.get_object)  # type: ignore[method-assign]  # no class of ours


def _get_object(get: Callable[..., Any], request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
    return get(request, object_id, from_field or None)
