"""Where an endpoint is reached, and how programs sign in there.

Sources: the pages "Speech service in sovereign clouds", "Use Speech service through a private endpoint" (also about
custom domains without one) and "Microsoft Entra authentication with the Speech SDK".
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from endpoints.models.connection import CLOUDS, Auth, Cloud
from endpoints.models.endpoint import Endpoint
from endpoints.models.resource import Resource

SHORT_AUDIO = "/speech/recognition/conversation/cognitiveservices/v1"  # also an address of the WebSocket
UNKNOWN_REGION = "YourServiceRegion"  # as Azure's own samples have it
# What azure-identity must be told outside of the public cloud, in AZURE_AUTHORITY_HOST.
AUTHORITIES = {"government": "login.microsoftonline.us", "china": "login.chinacloudapi.cn"}


@dataclass(frozen=True)
class Place:
    """The SDK is configured by `region`, or by `address` if that is given: scheme and host, with a port if it has one.

    `web_socket` and `rest` are complete addresses without a query. `host` is given in place of an Azure host's address:
    the SDK for JavaScript loses the port of an address, but not that of a host. `private` is the address of short audio
    through a private endpoint, if it differs from `rest`. `token`: sign in with Microsoft Entra, not with a key.
    """

    region: str
    rest: str
    address: str = ""
    web_socket: str = ""
    host: str = ""
    private: str = ""
    token: bool = False
    token_audience: str = ""
    authority: str = ""


def place_of(endpoint: Endpoint) -> Place:
    resource = endpoint.resource
    rest = endpoint.links.get("restConversation", "").partition("?")[0]
    if own := _own_address(endpoint):
        return _at_own_address(own, rest, resource)
    region, cloud = region_of(endpoint), resource.cloud
    regional = rest or f"https://{region or UNKNOWN_REGION}.{cloud.recognition}{SHORT_AUDIO}"
    token = resource.auth != Auth.KEY
    domain = custom_domain(resource) or (_host(resource.endpoint_url) if token else "")
    if domain:
        through = f"https://{domain}/stt{SHORT_AUDIO}"
        return Place(
            region=region,
            rest=regional if region and not token else through,
            address=f"https://{domain}",
            web_socket=f"wss://{domain}/stt{SHORT_AUDIO}",
            private=through if region and not token else "",
            token=token,
            token_audience=f"https://{cloud.custom_domain}",
            authority=AUTHORITIES.get(cloud.name, ""),
        )
    if cloud.name == "public":
        return Place(region=region or UNKNOWN_REGION, rest=regional)
    return Place(
        region=region,
        rest=regional,
        address=f"https://{region or UNKNOWN_REGION}.{cloud.management}",
        web_socket=f"wss://{region or UNKNOWN_REGION}.{cloud.recognition}{SHORT_AUDIO}",
    )


def region_of(endpoint: Endpoint) -> str:
    """The region of its resource in lower case, or the one in its links; empty if neither says it."""
    resource = endpoint.resource
    if resource.region:
        return resource.region.lower()
    for address in (*endpoint.links.values(), resource.url):
        region, _dot, host = _host(address).partition(".")
        if host in (resource.cloud.recognition, resource.cloud.management):
            return region
    return ""


def custom_domain(resource: Resource) -> str:
    """The host of the resource's custom domain; empty without one, or for a host outside of Azure."""
    host = _host(resource.url)
    return host if host.endswith(f".{resource.cloud.custom_domain}") else ""


def _own_address(endpoint: Endpoint) -> str:
    """Scheme, host and port when both the resource and recognition are outside of Azure, as in the demo."""
    said = (endpoint.links.get(name, "") for name in ("webSocketConversation", "webSocket", "restConversation"))
    address = next((link for link in said if _host(link)), endpoint.resource.endpoint_url)
    if _in_azure(endpoint.resource.endpoint_url) or _in_azure(address):
        return ""
    parts = urlsplit(address)
    return f"{parts.scheme.replace('ws', 'http')}://{parts.netloc}"


def _at_own_address(address: str, rest: str, resource: Resource) -> Place:
    host = address.replace("http", "ws", 1)
    return Place(
        region=resource.region.lower(),
        rest=rest or address + SHORT_AUDIO,
        address=address,
        web_socket=host + SHORT_AUDIO,
        host=host,
        token=resource.auth != Auth.KEY,
        token_audience=f"https://{resource.cloud.custom_domain}",
    )


def _in_azure(address: str) -> bool:
    host = _host(address)
    return any(host.endswith(f".{domain}") for cloud in CLOUDS for domain in _domains(cloud))


def _domains(cloud: Cloud) -> tuple[str, ...]:
    return cloud.management, cloud.recognition, cloud.custom_domain


def _host(address: str) -> str:
    """In lower case; empty if it cannot be read."""
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""
