"""Addresses of pages that leave the product: in mails, calendars and files."""

from django.conf import settings
from django.http import HttpRequest


def address(path: str, request: HttpRequest | None = None) -> str:
    """The whole address of a path that `reverse` has made, for people.

    It begins with SITE_URL. Without that setting it begins as the address by which `request` came; "" without both,
    because a worker can't know how people reach the product.
    """
    if settings.SITE_URL:
        return f"{settings.SITE_URL}{path}"
    return request.build_absolute_uri(path) if request else ""
