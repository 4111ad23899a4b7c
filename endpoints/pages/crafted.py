"""Refuses requests that no browser sends, before any other part of the product reads them."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from endpoints.pages import problems

ADDRESSES = ("HTTP_HX_CURRENT_URL", "HTTP_REFERER")  # headers with an address


class CraftedRequests:
    """Answers 400 to a path, cookie, address or length in a header that cannot be stored or parsed.

    PostgreSQL stores no NUL, and no database stores half of a surrogate pair. What a person types into a form or a
    search is checked by the form.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        texts = (request.path, *request.COOKIES, *request.COOKIES.values())
        headers = [request.META[name] for name in ADDRESSES if name in request.META]
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not all(map(_storable, texts)) or not all(map(_is_address, headers)) or not _is_length(length):
            if problems.is_api(request):
                return problems.problem("bad-request")
            return HttpResponseBadRequest("Bad request.", content_type="text/plain")
        return self.get_response(request)


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return _storable(text)
