"""A POST is carried out once: its Idempotency-Key, what it does and its event are stored in one transaction.

As in draft-ietf-httpapi-idempotency-key-header: without the header 400. The same key with another request is 409, as on
the pages, where the draft has 422. One that was refused has written nothing, and may be sent again with its key. Two at
once wait for each other in the database, so none is told to come back. What a repeated request gets is what it has
requested, as it is now.
"""

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from ninja.responses import Status

from endpoints.access import api_requests
from endpoints.api.http import ApiRequest
from endpoints.api.problems import Problem
from endpoints.models import Change

HEADER, LONGEST = "Idempotency-Key", 255
REPLAYED = "Idempotency-Replayed"
_SPACE = UUID("7f1e4f3c-6a0b-4f0e-9d55-0d3b1c1f7a11")  # of the ids that are made of a person and a key


def once(show: Callable[[ApiRequest, UUID], Any], *, status: int = 202) -> Callable[[Any], Any]:
    """Decorate an operation that does what was requested and returns the id of what it is about.

    `show` takes the request and that id, and returns the answer.
    """

    def decorate(operation: Any) -> Any:
        @wraps(operation)
        def done(request: ApiRequest, *args: Any, **kwargs: Any) -> Any:
            key, request.fingerprint = _key(request), fingerprint(request)
            request.change_id = uuid5(_SPACE, f"{request.user.pk}:{key}")
            with transaction.atomic():
                claimed, new = api_requests.claim(request.user, key, request.fingerprint)
                if claimed.fingerprint != request.fingerprint:
                    raise Problem("key-reused")
                target: Any = operation(request, *args, **kwargs) if new else claimed.target
                if new:
                    api_requests.complete(claimed, target)
            request.told |= {} if new else {REPLAYED: "true"}
            return Status(status, show(request, target))

        return done

    return decorate


def same(request: ApiRequest, change: Change) -> UUID:
    """The id of a change that a verb has returned; Problem when it is an earlier one, of a key that was forgotten."""
    if change.fingerprint != request.fingerprint:
        raise Problem("key-reused")
    return change.pk


def fingerprint(request: ApiRequest) -> str:
    """Of the method, the address and the members of the body, in whatever order they were sent."""
    body = json.loads(request.body) if request.body else None
    content = [request.method, request.get_full_path(), body]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _key(request: ApiRequest) -> str:
    """Visible ASCII; as a structured field it stands in quotation marks, which many programs leave out."""
    text = request.headers.get(HEADER, "").strip()
    key = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not key or len(key) > LONGEST or not all("!" <= letter <= "~" for letter in key):
        raise Problem("no-key", errors=[{"header": HEADER, "detail": "1 to 255 visible ASCII characters"}])
    return key
