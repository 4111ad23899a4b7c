"""Middleware: without the Redis of CACHE_URL, which counts failed attempts, nobody signs in; all else goes on."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

from endpoints.pages.errors import RETRY_SECONDS

log = logging.getLogger(__name__)


class SignInClosed:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Only sign-in, passwords and second factors use the cache."""
        if not isinstance(error, RedisError):
            return None
        log.error("CACHE_URL: Redis does not respond, so nobody can sign in: %s", type(error).__name__)
        answer = render(request, "account/closed.html", status=503)
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
        return answer
