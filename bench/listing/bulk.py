"""Time of a bulk request, from the press on the review to the answer, in the process that carries it out."""

import re
import time
from collections.abc import Callable
from html import unescape
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

HIDDEN = ("key", "action", "new_model", "seen")  # what the review has of the request
NUMBER = "count"  # typed by the person
ACTION = "logging-on"


def seconds(client: Client, rounds: int, say: Callable[[str], None]) -> list[list[float]]:
    """For each round the time of a request for as many endpoints as one request can have."""
    from endpoints.changes.bulk import LIMIT
    from endpoints.models import Change, Endpoint, Status

    off = Endpoint.objects.present().filter(status=Status.SUCCEEDED, logging_enabled=False)
    pks = [str(pk) for pk in off.order_by("pk").values_list("pk", flat=True)[:LIMIT]]
    found = []
    for number in range(rounds):
        say(f"list: {LIMIT} endpoints at once, round {number + 1} of {rounds}")
        address = f"{reverse('endpoints:bulk')}?{urlencode({'action': ACTION, 'endpoint': pks}, doseq=True)}"
        form = _form_of(client.get(address).content.decode()) | {"reason": "Benchmark"}
        began = time.perf_counter()
        answer = client.post(address, form)
        found.append([time.perf_counter() - began])
        if answer.status_code != 302 or Change.objects.count() != LIMIT:
            raise SystemExit(f"{Change.objects.count()} of {LIMIT} changes were requested: {answer.status_code}")
        Change.objects.all().delete()  # so that the next round can request them again
    return found


def _form_of(page: str) -> dict[str, str]:
    found = {name: re.search(rf'name="{name}"(?: value="([^"]*)")?', page) for name in HIDDEN}
    found[NUMBER] = re.search(r"number of endpoints: <strong>([\d,]+)<", page)
    return {name: unescape(match[1] or "") for name, match in found.items() if match}
