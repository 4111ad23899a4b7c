"""The check of recognition: the same recording with and without the id of an endpoint."""

from collections.abc import Sequence

from endpoints.azure import Endpoint, SpeechClient
from endpoints.azure.recognition import Recognition

from .service_check import ServiceCheck

OPERATION = "Recognition"


def check_recognition(check: ServiceCheck, hosts: Sequence[str], audio: bytes) -> None:
    """Have `audio` recognized by the first endpoint that is deployed, and by the base model of its locale.

    `hosts`: where the recognition service may be; the first that answers is used. What was heard is not reported, only
    whether both heard the same: a service that ignores the id hears the same.
    """
    endpoint = next((one for one in check.endpoints if one.status == "Succeeded"), None)
    if endpoint is None:
        check.skip(OPERATION, "no endpoint is deployed")
        return
    for number, host in enumerate(hosts, 1):
        with_id = _recognize(check, host, audio, endpoint, endpoint.id)
        if with_id is not None or number == len(hosts):
            without_id = _recognize(check, host, audio, endpoint, None)
            if with_id is not None and without_id is not None:
                same = "the same text" if with_id.text == without_id.text else "different texts"
                check.note(OPERATION, f"with and without the endpoint's id: {same}")
            return


def _recognize(
    check: ServiceCheck, host: str, audio: bytes, endpoint: Endpoint, endpoint_id: str | None
) -> Recognition | None:
    client: SpeechClient = check.client
    id_used = "with the endpoint's id" if endpoint_id else "without the endpoint's id"

    def find_problems(found: Recognition) -> list[str]:
        return [] if found.status == "Success" else ["nothing was recognized"]

    return check.run(
        f"{OPERATION} {id_used}",
        lambda: client.recognize(host, audio, endpoint.locale, endpoint_id),
        lambda found: f"{found.status[:40] or 'no status'} at {host}",
        find_problems,
        compare=False,
    )
