"""Sample code for an endpoint, ready to paste and run.

Names are from the pages "Recognize speech", "REST API for short audio" and "Sovereign clouds for speech service". The
key is never filled in, because people paste samples into chats and repositories.
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
    # Where the service is: by region in the public cloud, by host in other clouds, and by address for a private
    # endpoint, or for a custom domain whose region is unknown.
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
        f'--endpoint "wss://${{domain}}/stt{SHORT_AUDIO}?cid=${{endpoint_id}}&language=${{locale}}"',
    ),
}


@dataclass(frozen=True)
class Sample:
    key: str
    language: str
    install: str
    run: str
    code: str
    private: str = ""  # the configuration to use with a private endpoint


def samples_for(endpoint: Endpoint) -> list[Sample]:
    """The samples with the endpoint's id, region and locale; none before the service has given an id."""
    if not endpoint.remote_id:
        return []
    resource, rest = endpoint.resource, endpoint.links.get("restConversation", "").partition("?")[0]
    domain, region = custom_domain(resource), resource.region or _region_in(rest, resource.cloud)
    host = f"{region or 'YourServiceRegion'}.{resource.cloud.recognition}"
    facts = {
        "endpoint_id": endpoint.remote_id,
        "region": region or "YourServiceRegion",
        "locale": endpoint.locale,
        "host": f"wss://{host}",
        "domain": domain,
        "address": f"https://{domain}",
        "rest_url": rest or f"https://{host}{SHORT_AUDIO}",
    }
    samples = []
    for key, language in LANGUAGES.items():
        config = language.by_region if resource.cloud.name == "public" else language.by_host
        config = language.by_address if domain and not region else config
        code = _template(key).substitute(facts, config=Template(config).substitute(facts), run=language.run)
        private = Template(language.by_address).substitute(facts) if domain and region else ""
        samples.append(Sample(key, language.name, language.install, language.run, code, private))
    return samples


def custom_domain(resource: Resource) -> str:
    """The host of the resource's custom domain; empty without one, or for a host outside of Azure."""
    host = urlsplit(resource.url).hostname or ""
    return host if host.endswith(f".{resource.cloud.custom_domain}") else ""


def _region_in(link: str, cloud: Cloud) -> str:
    """The region in a link of the service, for a resource whose region is not given; empty if there is none."""
    region, _dot, host = (urlsplit(link).hostname or "").partition(".")
    return region if host == cloud.recognition else ""


@cache
def _template(key: str) -> Template:
    return Template((Path(__file__).parent / f"{key}.txt").read_text())
