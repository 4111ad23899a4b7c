"""The check of write operations with a test endpoint, which is always deleted."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from endpoints.azure import (
    Endpoint,
    EndpointCreate,
    EndpointUpdate,
    Model,
    NotFound,
    Refused,
    SpeechError,
)

from .service_check import ServiceCheck

NAME = "Speech check: test endpoint, may be deleted"
MARK_PROPERTY = "speechCheck"  # a custom property, which distinguishes our endpoint from others of the same name
FINAL_STATUSES = ("Succeeded", "Failed")
POLL_SECONDS = 5.0  # without a Retry-After
DELETE_ATTEMPTS = 5


class WriteCheck:
    """The writing part of a check.

    `max_wait`: seconds to wait for one deployment ("Deploy a custom speech model" says up to 30 minutes).
    """

    def __init__(
        self, check: ServiceCheck, *, max_wait: float = 2400.0, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._check, self._client = check, check.client
        self._max_wait, self._sleep = max_wait, sleep
        self._mark = uuid4().hex
        self.created: Endpoint | None = None

    def run(self) -> None:
        """Create, change and delete one endpoint; it is also deleted after an error or an interrupt."""
        models = self._models()
        if not models:
            self._check.skip("Endpoints_Create", "no model that can be deployed was found")
            return
        first, *others = models
        try:
            if self._create(first) and self._wait_until_final("is deployed", first):
                self._change(others[0] if others else None)
        finally:
            self._remove()

    def _models(self) -> list[Model]:
        """A model to deploy and, if possible, a second one of its locale; base models first, which always exist."""
        try:
            models = [*self._client.list_base_models(), *self._client.list_custom_models()]
        except SpeechError:
            return []  # already reported by the read operations
        now = datetime.now(UTC)
        deployable = [
            one
            for one in models
            if one.supports_endpoints and one.status == "Succeeded" and (one.expires is None or one.expires > now)
        ]
        for one in deployable:
            if other := next((two for two in deployable if two.locale == one.locale and two.id != one.id), None):
                return [one, other]
        return deployable[:1]

    def _create(self, model: Model) -> bool:
        requested = EndpointCreate(
            NAME,
            model.locale,
            model.id,
            model.kind,
            description="Made by `manage.py speech_check --write` to compare the service with its contract.",
            custom_properties={MARK_PROPERTY: self._mark},
        )

        def find_problems(created: Endpoint) -> list[str]:
            found = _unexpected_values(created, display_name=NAME, locale=model.locale, model_id=model.id)
            return found + (
                [] if created.custom_properties.get(MARK_PROPERTY) == self._mark else ["customProperties was not kept"]
            )

        self.created = self._check.run(
            "Endpoints_Create",
            lambda: self._client.create_endpoint(requested),
            lambda it: f"made {it.id}",
            find_problems,
        )
        return self.created is not None

    def _change(self, second: Model | None) -> None:
        self._update("the name", EndpointUpdate(display_name=f"{NAME} (renamed)"), display_name=f"{NAME} (renamed)")
        self._update("logging on", EndpointUpdate(logging_enabled=True), logging_enabled=True)
        self._update("logging off", EndpointUpdate(logging_enabled=False), logging_enabled=False)
        if second is None:
            self._check.skip("Endpoints_Update", "the model: there is no second one of the same locale")
            return
        requested = EndpointUpdate(model_id=second.id, model_kind=second.kind)
        if self._update("the model", requested):
            self._wait_until_final("runs the other model", second)

    def _update(self, what: str, requested: EndpointUpdate, **expected: object) -> bool:
        done = self._check.run(
            "Endpoints_Update",
            lambda: self._client.update_endpoint(self._id, requested),
            lambda _: f"changed {what}",
            lambda changed: _unexpected_values(changed, **expected),
            self._needs_own_storage if "logging" in what else lambda _: "",
        )
        if done is not None and done.status not in FINAL_STATUSES and "model" not in what:
            self._wait_until_final(f"settles after changing {what}")
        return done is not None

    def _needs_own_storage(self, error: SpeechError) -> str:
        """The reason why an update of logging may be refused: later API versions need own storage (migration guide)."""
        if self._client.capabilities.logging_needs_own_storage and isinstance(error, Refused):
            return f"logging: perhaps this resource has no storage of its own. {error}"
        return ""

    def _wait_until_final(self, what: str, model: Model | None = None) -> bool:
        """Poll until the deployment ends, at the intervals of Retry-After."""

        def find_problems(found: Endpoint) -> list[str]:
            if found.status != "Succeeded":
                reason = f" ({found.error.code})" if found.error else ""
                return [f"the status is {found.status[:40]!r}{reason} after {waited:.0f} s of waiting"]
            return _unexpected_values(found, model_id=model.id) if model else []

        waited = 0.0

        def poll() -> Endpoint:
            nonlocal waited
            while True:
                found = self._client.get_endpoint(self._id)
                if found.status in FINAL_STATUSES or waited >= self._max_wait:
                    return found
                seconds = max(1.0, found.retry_after or POLL_SECONDS)
                self._sleep(seconds)
                waited += seconds

        found = self._check.run("Endpoints_Get", poll, lambda _: f"the endpoint {what}", find_problems)
        return found is not None and found.status == "Succeeded"

    def _remove(self) -> None:
        """Delete what was created, even if the response to the POST was lost."""
        if self.created is not None:
            self._delete(self.created)
            self._check.check_not_found(
                "Endpoints_Get", "the deleted endpoint", lambda: self._client.get_endpoint(self._id)
            )
        remaining = self._check.run(
            "Endpoints_List", self._remaining, lambda it: f"{len(it)} test endpoints are left to delete"
        )
        for one in remaining or ():
            self._delete(one)

    def _remaining(self) -> list[Endpoint]:
        return [one for one in self._client.list_endpoints() if one.custom_properties.get(MARK_PROPERTY) == self._mark]

    def _delete(self, endpoint: Endpoint) -> None:
        def delete() -> None:
            for attempt in range(1, DELETE_ATTEMPTS + 1):
                try:
                    return self._client.delete_endpoint(endpoint.id)
                except NotFound:
                    return None
                except SpeechError:  # the service may refuse a deletion during a deployment
                    if attempt == DELETE_ATTEMPTS:
                        raise
                    self._sleep(POLL_SECONDS * attempt)
            return None

        self._check.run("Endpoints_Delete", delete, lambda _: "deleted the test endpoint")

    @property
    def _id(self) -> str:
        return self.created.id if self.created else ""


def _unexpected_values(endpoint: Endpoint, **expected: object) -> list[str]:
    return [f"{name} is not what was asked" for name, value in expected.items() if getattr(endpoint, name) != value]
