"""Sample code for one endpoint, complete enough to paste and run.

The names are those of the Speech SDK's documentation (service-facts 8). The key is never filled in: people paste
samples into chats and repositories.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template

from endpoints.models import Endpoint

LANGUAGES = {
    "python": ("Python", "pip install azure-cognitiveservices-speech"),
    "csharp": ("C#", "dotnet add package Microsoft.CognitiveServices.Speech"),
    "javascript": ("JavaScript", "npm install microsoft-cognitiveservices-speech-sdk"),
    "java": ("Java", "com.microsoft.cognitiveservices.speech:client-sdk"),
    "cpp": ("C++", "The Speech SDK for C++: NuGet package Microsoft.CognitiveServices.Speech"),
    "curl": ("curl", ""),
    "spx": ("Speech CLI", "dotnet tool install --global Microsoft.CognitiveServices.Speech.CLI"),
}


@dataclass(frozen=True)
class Sample:
    key: str
    language: str
    install: str
    code: str


def of(endpoint: Endpoint) -> list[Sample]:
    """The samples with this endpoint's id, region and locale filled in; none before the service has given an id."""
    if not endpoint.remote_id:
        return []
    rest = endpoint.links.get("restConversation", "")
    default = f"https://{endpoint.resource.recognition_host}/speech/recognition/conversation/cognitiveservices/v1"
    facts = {
        "endpoint_id": endpoint.remote_id,
        "region": endpoint.resource.region or "YourServiceRegion",
        "locale": endpoint.locale,
        "rest_url": rest.partition("?")[0] or default,
    }
    return [Sample(key, *about, _template(key).substitute(facts)) for key, about in LANGUAGES.items()]


@cache
def _template(key: str) -> Template:
    return Template((Path(__file__).parent / f"{key}.txt").read_text())
