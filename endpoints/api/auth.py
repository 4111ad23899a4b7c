"""Who asks: the token in the header Authorization, and nothing else. A session of the pages opens no API."""

from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from endpoints.access import tokens
from endpoints.api import rate
from endpoints.api.problems import Problem
from endpoints.models import ApiToken


class Token(HttpBearer):
    def __call__(self, request: HttpRequest) -> Any:
        found = super().__call__(request)
        if found is None:
            raise Problem("no-token", headers={"WWW-Authenticate": 'Bearer realm="Speech Studio"'})
        return found

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        found = tokens.found(token)
        if found:
            rate.take(found)
            tokens.record_use(found)
            request.user = found.person
        return found
