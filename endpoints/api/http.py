"""The type of a request in the operations of the API."""

from uuid import UUID

from django.contrib.auth.models import User

from endpoints.models import ApiToken
from endpoints.pages.http import HttpRequest


class ApiRequest(HttpRequest):
    """A request as the gate and the token leave it. `told`: headers of the answer."""

    user: User
    auth: ApiToken
    told: dict[str, str]
    # Of a POST: the id that a change of its Idempotency-Key has, and what it requests as a hash.
    change_id: UUID
    fingerprint: str
    purpose: str  # of reading content logs
