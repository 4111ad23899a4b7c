"""The page for what failed on our side."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views import defaults

RETRY_SECONDS = 10


def failed(request: HttpRequest) -> HttpResponse:
    """503 when the database does not answer, which ends by itself; 500 otherwise.

    As the handler of last resort it also sees what failed in the middleware: session, person, language.
    """
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_SECONDS)})
    return defaults.server_error(request)
