"""Sample code for an endpoint, ready to paste and run.

Names are from the pages "Recognize speech", "REST API for short audio", "Speech service in sovereign clouds" and
"Microsoft Entra authentication with the Speech SDK". Keys and tokens are never filled in, because people paste samples
into chats and repositories.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.template import Context, Engine, Template

from endpoints.models import Endpoint
from endpoints.models.places import Place, place_of
from endpoints.samples.languages import LANGUAGES, SPEECH_SDK, Language

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Sample:
    """`place` says how it signs in: with a key, with an `identity`, or else with an access token that it is given."""

    key: str
    language: str
    install: str
    run: str
    code: str
    place: Place
    identity: bool
    program: str = ""  # whose smallest version is known
    version: str = ""
    private: str = ""  # the address to use through a private endpoint


def samples_for(endpoint: Endpoint) -> list[Sample]:
    """The samples with the endpoint's id, region and locale; none before the service has given an id."""
    if not endpoint.remote_id:
        return []
    place = place_of(endpoint)
    return [_sample(key, language, endpoint, place) for key, language in LANGUAGES.items()]


def _sample(key: str, language: Language, endpoint: Endpoint, place: Place) -> Sample:
    facts = {"id": endpoint.remote_id, "locale": endpoint.locale, "run": language.run, "place": place}
    identity = place.token and bool(language.install_identity)
    return Sample(
        key=key,
        language=language.name,
        install="\n".join(filter(None, [language.install, language.install_identity if identity else ""])),
        run=language.run,
        code=_template(key).render(Context(facts, autoescape=False)),
        place=place,
        identity=identity,
        program=language.program,
        version=_version(key, language, place),
        private=place.private if key == "curl" else "",
    )


def _version(key: str, language: Language, place: Place) -> str:
    if language.versions is None:
        return ""
    if place.token:
        return language.versions.by_identity
    by_address = bool(place.address) and not (key == "javascript" and place.host)
    return language.versions.by_address if by_address else language.versions.by_region


@cache
def _template(key: str) -> Template:
    return Engine().from_string((HERE / f"{key}.txt").read_text())


__all__ = ["LANGUAGES", "SPEECH_SDK", "Sample", "samples_for"]
