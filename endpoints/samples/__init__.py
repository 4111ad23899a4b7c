"""Sample code for one endpoint, complete enough to paste and run.

The names are those of the Speech SDK's documentation (service-facts 6 and 8). The key is never filled in: people paste
samples into chats and repositories.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import NamedTuple
from urllib.parse import urlsplit

from endpoints.models import Endpoint, Resource
from endpoints.models.resource import Cloud

SHORT_AUDIO = "/speech/recognition/conversation/cognitiveservices/v1"


class Language(NamedTuple):
    name: str
    install: str
    run: str
    # How a client says where the service is. By region, unless another cloud needs its host; a private endpoint, or a
    # custom domain whose region nobody gave, needs the address.
    by_region: str
    by_host: str
    by_address: str


LANGUAGES = {
    "python": Language(
        "Python",
        "pip install azure-cognitiveservices-speech",
        "python recognize.py recording.wav",
        'speechsdk.SpeechConfig(subscription=key, region="${region}")',
        'speechsdk.SpeechConfig(host="${host}", subscription=key)',
        'speechsdk.SpeechConfig(endpoint="${address}", subscription=key)',
    ),
    "csharp": Language(
        "C#",
        "dotnet add package Microsoft.CognitiveServices.Speech",
        "dotnet run -- recording.wav",
        'SpeechConfig.FromSubscription(key, "${region}")',
        'SpeechConfig.FromHost(new Uri("${host}"), key)',
        'SpeechConfig.FromEndpoint(new Uri("${address}"), key)',
    ),
    "javascript": Language(
        "JavaScript",
        "npm install microsoft-cognitiveservices-speech-sdk",
        "node recognize.mjs recording.wav",
        'SpeechSDK.SpeechConfig.fromSubscription(key, "${region}")',
        'SpeechSDK.SpeechConfig.fromHost(new URL("${host}"), key)',
        'SpeechSDK.SpeechConfig.fromEndpoint(new URL("${address}"), key)',
    ),
    "java": Language(
        "Java",
        "com.microsoft.cognitiveservices.speech:client-sdk",
        "java -cp 'lib/*' Recognize.java recording.wav",
        'SpeechConfig.fromSubscription(key, "${region}")',
        'SpeechConfig.fromHost(URI.create("${host}"), key)',
        'SpeechConfig.fromEndpoint(URI.create("${address}"), key)',
    ),
    "cpp": Language(
        "C++",
        "The Speech SDK for C++: NuGet package Microsoft.CognitiveServices.Speech",
        "./recognize recording.wav",
        'SpeechConfig::FromSubscription(key, "${region}")',
        'SpeechConfig::FromHost("${host}", key)',
        'SpeechConfig::FromEndpoint("${address}", key)',
    ),
    "curl": Language(
        "curl",
        "",
        "bash recognize.sh recording.wav",
        "${rest_url}",
        "${rest_url}",
        f"${{address}}/stt{SHORT_AUDIO}",
    ),
    "spx": Language(
        "Speech CLI",
        "dotnet tool install --global Microsoft.CognitiveServices.Speech.CLI",
        "bash recognize.sh recording.wav",
        "--region ${region} --endpoint id ${endpoint_id}",
        '--host "${host}" --endpoint id ${endpoint_id}',
        f'--endpoint "wss://${{own}}/stt{SHORT_AUDIO}?cid=${{endpoint_id}}&language=${{locale}}"',
    ),
}


@dataclass(frozen=True)
class Sample:
    key: str
    language: str
    install: str
    run: str
    code: str
    private: str = ""  # what stands in its place when the resource is reached by a private endpoint


def of(endpoint: Endpoint) -> list[Sample]:
    """The samples with this endpoint's id, region and locale filled in; none before the service has given an id."""
    if not endpoint.remote_id:
        return []
    resource, rest = endpoint.resource, endpoint.links.get("restConversation", "").partition("?")[0]
    own, region = custom_domain(resource), resource.region or _region_in(rest, resource.cloud)
    host = f"{region or 'YourServiceRegion'}.{resource.cloud.recognition}"
    facts = {
        "endpoint_id": endpoint.remote_id,
        "region": region or "YourServiceRegion",
        "locale": endpoint.locale,
        "host": f"wss://{host}",
        "own": own,
        "address": f"https://{own}",
        "rest_url": rest or f"https://{host}{SHORT_AUDIO}",
    }
    samples = []
    for key, language in LANGUAGES.items():
        config = language.by_region if resource.cloud.name == "public" else language.by_host
        config = language.by_address if own and not region else config
        code = _template(key).substitute(facts, config=Template(config).substitute(facts), run=language.run)
        private = Template(language.by_address).substitute(facts) if own and region else ""
        samples.append(Sample(key, language.name, language.install, language.run, code, private))
    return samples


def custom_domain(resource: Resource) -> str:
    """The resource's own host at Azure; empty when it is asked at its region's, or at a host that is not Azure's."""
    host = urlsplit(resource.url).hostname or ""
    return host if host.endswith(f".{resource.cloud.custom_domain}") else ""


def _region_in(link: str, cloud: Cloud) -> str:
    """The region that the service's own link names, for a resource whose region nobody gave."""
    region, _dot, host = (urlsplit(link).hostname or "").partition(".")
    return region if host == cloud.recognition else ""


@cache
def _template(key: str) -> Template:
    return Template((Path(__file__).parent / f"{key}.txt").read_text())
