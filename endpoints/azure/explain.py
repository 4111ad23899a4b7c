"""Which API versions a resource answers in. Public documents disagree about it, so the resource is asked."""

from collections.abc import Collection, Iterable, Iterator

from .base_client import BaseClient
from .errors import SpeechError, VersionRetired, WrongAddress
from .versions import PREFERRED

OPERATION = "Endpoints_List"


def answers(client: BaseClient, but: Collection[str] = ()) -> Iterator[tuple[str, SpeechError | None]]:
    """Each of the preferred API versions, without those in `but`, with the error of a request in it; None: it answers.

    The versions are in the order of preference. One request for each, which is sent when the version is reached.
    """
    for name in PREFERRED:
        if name not in but:
            try:
                client.in_version(name).request(OPERATION, "GET", "/endpoints")
            except SpeechError as error:
                yield name, error
            else:
                yield name, None


def first_of(found: Iterable[tuple[str, SpeechError | None]]) -> str | None:
    """The first version that answers. Raises the SpeechError of an earlier one that may answer, but did not now."""
    for name, error in found:
        if error is None:
            return name
        if not isinstance(error, VersionRetired):
            raise error
    return None


def first_answering(client: BaseClient, but: Collection[str] = ()) -> str | None:
    """The first of the preferred API versions, without those in `but`, that the resource answers in.

    One request for each version until one answers. Raises SpeechError when that cannot be found out now.
    """
    return first_of(answers(client, but))


def explain(client: BaseClient, error: VersionRetired) -> VersionRetired | WrongAddress:
    """Ask the other versions. Returns the error with what to change; sends up to two requests.

    A 404 of the gateway means a retired version or an address that leads elsewhere. If another version answers, the
    address is right; if none does, it is wrong. When that cannot be found out now, the error stays as it is.
    """
    try:
        name = first_answering(client, but=[client.version.name])
    except SpeechError:
        return error
    if name is not None:
        sentence = (
            f"The service doesn't support API version {client.version.name} but supports {name}. "
            f"Select {name} for this resource."
        )
        return VersionRetired(
            sentence, operation=error.operation, version=error.version, status=error.status, supported=name
        )
    if error.status != 404:
        return error
    sentence = (
        f"No version of the Speech to text REST API was found at {client.base}. "
        "Check the service address or the region of this resource."
    )
    return WrongAddress(sentence, operation=error.operation)
