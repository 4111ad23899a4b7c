"""What a refusal that reads like a retired API version means: only another version can tell."""

from .base_client import BaseClient
from .errors import SpeechError, VersionRetired, WrongAddress
from .versions import VERSIONS

OPERATION = "Endpoints_List"


def explain(client: BaseClient, error: VersionRetired) -> VersionRetired | WrongAddress:
    """Ask the other versions, newest first. Returns the error with what to change; sends up to two requests.

    A 404 of the gateway means a retired version or an address that leads elsewhere. If another version answers, the
    address is right; if none does, it is wrong. When that cannot be found out now, the error stays as it is.
    """
    for name in sorted(VERSIONS.keys() - {client.version.name}, key=list(VERSIONS).index, reverse=True):
        try:
            client.in_version(name).request(OPERATION, "GET", "/endpoints")
        except VersionRetired:
            continue
        except SpeechError:
            return error
        sentence = (
            f"The service does not support API version {client.version.name}, but it supports {name}. "
            f"Choose {name} for this resource."
        )
        return VersionRetired(sentence, operation=error.operation, version=error.version, status=error.status)
    if error.status != 404:
        return error
    sentence = (
        f"There is no Speech to text REST API at {client.base}, in any version. "
        "Correct the service address or the region of this resource."
    )
    return WrongAddress(sentence, operation=error.operation)
