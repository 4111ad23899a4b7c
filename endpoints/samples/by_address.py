"""Sample code by an address of ours, which stays while endpoints come and go.

Only what was tried is offered as tried: the SDK for Python follows the redirect of an address, and that for JavaScript
reads the address from the answer. C#, Java and C++ share the native library of Python by name.
"""

from dataclasses import dataclass, replace

from django.template import Context
from django.utils.translation import gettext as _

from endpoints.models import Endpoint
from endpoints.models.places import Place, place_of
from endpoints.samples import template
from endpoints.samples.languages import LANGUAGES


@dataclass(frozen=True)
class ByAddress:
    """`code` is empty where the language can't ask an address; `note` then says why, or else what to know."""

    code: str
    note: str


def by_address(
    endpoint: Endpoint, key: str, *, web_socket: str, json: str, java_script: str, why_not: str
) -> ByAddress:
    """The sample of a language, by the addresses that a page shows; `why_not`: where JavaScript can't ask."""
    place = place_of(endpoint)
    if key == "spx":
        return ByAddress("", _("The Speech CLI wasn't tried by an address. Use the endpoint's ID."))
    if place.token and key != "curl":
        return ByAddress("", _("Signing in with Microsoft Entra by an address wasn't tried. Use the endpoint's ID."))
    if key == "javascript" and not java_script:
        return ByAddress("", why_not)
    asked = java_script if key == "javascript" else web_socket
    facts = {
        "id": "",
        "locale": endpoint.locale,
        "run": LANGUAGES[key].run,
        "json": json,
        "place": place if key == "curl" else _through(place, asked),
    }
    notes = {
        "curl": _("Two steps: the first asks the address for the URL of short audio, the second sends the recording."),
        "javascript": _("The SDK asks this site for the endpoint, without the key, and then connects to it."),
        "python": _("The SDK asks this site for the endpoint each time it connects. The key is sent to this site too."),
    }
    native = _("Shares its native library with Python, where this was tried. It wasn't tried with this language.")
    return ByAddress(template(key).render(Context(facts, autoescape=False)), notes.get(key, native))


def _through(place: Place, address: str) -> Place:
    return replace(place, address=address, host="")
