"""The process that sends one message over HTTP: `python -m endpoints.messages.alerts.child`, with JSON as its input.

A process of its own ends with its deadline, however slowly an answer drips, gives back the memory of Apprise, and has
nothing of the worker's environment. It knows nothing of Django. Input: {"kind", "address", "network"}, for a web hook
with "headers" and "body", for a service with "title", "text" and "level". Output: {"problem", "status", "retry_after"}.
"""

import json
import sys
from contextlib import suppress
from typing import Any

import requests

from endpoints.azure.guard import ClosedNetwork
from endpoints.azure.network import Network
from endpoints.messages.alerts.addresses import SERVICES, is_service
from endpoints.messages.alerts.session import Session

LEVELS = {"danger": "failure", "warning": "warning", "success": "success"}


def main() -> None:
    given = json.load(sys.stdin)
    network = given["network"]
    lists = {name: tuple(network[name]) for name in ("no_proxy", "private_networks")}
    Session.network = Network(**{**network, **lists})
    requests.sessions.Session = requests.Session = Session  # type: ignore[misc]  # also for functions of requests
    send = _web_hook if given["kind"] == "web-hook" else _service
    try:
        problem = send(given)
    except (requests.RequestException, OSError) as error:
        problem = _problem_of(error)
    status, retry_after = Session.last or (None, "")
    json.dump({"problem": problem, "status": status, "retry_after": _seconds(retry_after)}, sys.stdout)


def _web_hook(given: dict[str, Any]) -> str:
    with Session() as session:
        answer = session.post(given["address"], data=given["body"].encode(), headers=given["headers"], stream=True)
        answer.close()  # its body is nobody's business
    return _problem_of_status(answer.status_code)


def _service(given: dict[str, Any]) -> str:
    import apprise

    if not is_service(given["address"]):
        return "invalid"
    asset = apprise.AppriseAsset(
        app_id="Speech Studio",
        app_desc="Speech Studio",
        app_url="",
        image_url_mask="",
        image_path_mask="",
        http_redirects=False,
        async_mode=False,
    )
    found = apprise.Apprise.instantiate(given["address"], asset=asset, suppress_exceptions=True)
    if found is None or not _schemes(found) & set(SERVICES):
        return "invalid"
    if getattr(found, "template", None):
        return "invalid"  # a file of this machine, or of any address, would be read and sent
    found.redirects = False
    kind = LEVELS.get(given["level"], "info")
    if found.notify(body=given["text"], title=given["title"], notify_type=kind):
        return ""
    if Session.failed:  # Apprise has caught it
        return _problem_of(Session.failed)
    return (Session.last and _problem_of_status(Session.last[0])) or "refused"


def _schemes(service: Any) -> set[str]:
    found: set[str] = set()
    for name in ("protocol", "secure_protocol"):
        value = getattr(service, name, None) or ()
        found |= {value} if isinstance(value, str) else set(value)
    return found


def _problem_of_status(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return "redirect" if 300 <= status < 400 else "refused"


def _problem_of(error: BaseException) -> str:
    causes = list(_causes(error))
    if any(isinstance(one, ClosedNetwork) for one in causes):
        return "closed"
    if isinstance(error, requests.exceptions.SSLError):
        return "certificate"
    if isinstance(error, requests.exceptions.Timeout):
        return "timeout"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return "invalid"
    return "unreachable"


def _causes(error: BaseException) -> Any:
    """An exception with all that it was raised from, also where a library keeps it as an argument."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inner = [one.__cause__, one.__context__, getattr(one, "reason", None), *getattr(one, "args", ())]
        waiting += [item for item in inner if isinstance(item, BaseException)]


def _seconds(retry_after: str) -> float | None:
    with suppress(ValueError):
        return float(retry_after)
    return None


if __name__ == "__main__":
    main()
