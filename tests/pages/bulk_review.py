"""Opens and submits the review of a bulk request."""

import json
import re
from html import unescape

from endpoints.models import Bulk

PAGE = "/endpoints/bulk/"


def review(client, action, endpoints, **more):
    return client.get(PAGE, {"action": action, "endpoint": [str(one.pk) for one in endpoints], **more})


def form_of(answer, **typed):
    """What the form of a review sends: hidden fields, a reason, the number where it is asked for, and `typed`."""
    page = answer.content.decode()
    names = ("key", "action", "new_model", "seen")
    hidden = {name: re.search(rf'name="{name}"(?: value="([^"]*)")?', page)[1] or "" for name in names}
    filled = {name: unescape(value) for name, value in hidden.items()} | {"reason": "Planned work"}
    if 'name="count"' in page:
        filled["count"] = str(sum(map(bool, json.loads(filled["seen"]).values())))
    return filled | typed


def submit_review(client, answer, **typed):
    """Submit a review; returns the Bulk that it has created."""
    done = client.post(PAGE, form_of(answer, **typed))
    assert done.status_code == 302, done.content.decode()
    return Bulk.objects.get(pk=done["Location"].rstrip("/").rpartition("/")[2])
