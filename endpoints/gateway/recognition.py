"""Where the recognition service of a Speech resource is, which gets the resource's key."""

from urllib.parse import urlsplit

from endpoints.models.connection import Auth, Connection


def recognition_hosts(resource: Connection) -> list[str]:
    """Protocol and host, also a path, of each place where the resource may have speech recognized, best first.

    They come from the resource alone, never from a link. With a private endpoint only the own domain works ("Use Speech
    service through a private endpoint"), and Microsoft Entra needs it, too.
    """
    host = urlsplit(resource.endpoint_url).hostname or ""
    own = host.endswith(f".{resource.cloud.custom_domain}")
    if not own and not host.endswith(f".{resource.cloud.management}"):
        return [resource.endpoint_url]
    region = resource.region.lower() or ("" if own else host.partition(".")[0])
    regional = [f"https://{region}.{resource.cloud.recognition}"] if region and resource.auth == Auth.KEY else []
    return regional + ([f"{resource.endpoint_url}/stt"] if own else [])
