"""Characters that turn the writing direction, in names that people and the service gave: shown, without effect.

A name cannot pretend to be another one with them, on whatever page it stands. That names in the other direction do not
move the words around them is up to the templates: each is in a `<bdi>`, within which such a character would still turn
the name itself. They are replaced in the finished page, because names come into it by many ways: templates, attributes,
sentences, cached rows, forms of libraries. A page without one costs a search through its bytes.
"""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString

# Explicit directional formatting (Unicode Standard Annex 9): embeddings, overrides, isolates and their ends.
_MARKS = "[\u202a-\u202e\u2066-\u2069]"
_ANY = re.compile(_MARKS)
_ENCODED = re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")  # the same in UTF-8
# What a form sends back stays as it was typed.
_TYPED = re.compile(r"<textarea\b.*?</textarea>|\svalue=\"[^\"]*\"", re.DOTALL)
SHOWN = "\u25a1"


class VisibleDirections:
    """In each page, a box instead of such a character."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        page = isinstance(response, HttpResponse) and response.headers.get("Content-Type", "").startswith("text/html")
        if isinstance(response, HttpResponse) and page and _ENCODED.search(response.content):
            response.content = visible(response.content.decode()).encode()
        return response


def visible(html: str) -> str:
    """The page with a box for each such character that is not in a field of a form."""
    found, at = [], 0
    for typed in _TYPED.finditer(html):
        found += [_ANY.sub(SHOWN, html[at : typed.start()]), typed[0]]
        at = typed.end()
    return "".join([*found, _ANY.sub(SHOWN, html[at:])])


def isolated(sentence: str, names: dict[str, str]) -> SafeString:
    """A translated sentence with these names in the places that it has for them, each in a `<bdi>`."""
    shown = {name: format_html("<bdi>{}</bdi>", text) for name, text in names.items()}
    return SafeString(escape(sentence) % shown)  # nosec B703  # both are escaped
