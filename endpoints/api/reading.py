"""The purpose of reading content logs: in the header Reading-Purpose, as UTF-8 with percent-encoding.

With PURPOSE_REQUIRED it is required for every way to content. The views of the pages record it.
"""

from typing import Any
from urllib.parse import unquote

from django.conf import settings

from endpoints.api.http import ApiRequest
from endpoints.api.problems import Problem
from endpoints.pages.content_logs.purposes import LONGEST

HEADER = "Reading-Purpose"


def take_purpose(request: ApiRequest, *, given: str = "", required: bool = True) -> str:
    """Raises Problem without one that is required. `given`: one in the body, or of an earlier request."""
    purpose = given or " ".join(unquote(request.headers.get(HEADER, "")).replace("\0", "").split())[:LONGEST]
    if settings.PURPOSE_REQUIRED and required and not purpose:
        raise no_purpose()
    request.purpose = purpose
    return purpose


def no_purpose() -> Problem:
    return Problem("no-purpose", errors=[{"header": HEADER, "detail": "Required here."}])


def of_page(response: Any) -> Any:
    """The file that a page's view has answered with; it redirects to the form of a purpose when there is none."""
    if response.status_code == 302:
        raise no_purpose()
    return response
