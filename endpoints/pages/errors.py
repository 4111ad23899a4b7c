"""The page for what failed on our side."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

RETRY_SECONDS = 10
FULL = ("disk is full", "No space left on device")  # as SQLite and PostgreSQL say it


def failed(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer, which ends by itself; 500 otherwise.

    As the handler of last resort it also sees what failed in the middleware: session, person, language.
    """
    error = sys.exception()
    if isinstance(error, OperationalError | InterfaceError):
        page = render_to_string("503.html", {"full": any(words in str(error) for words in FULL)})
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    return defaults.server_error(request)
