"""A test endpoint: made, changed, and always taken away again."""

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

from .walk import Walk

NAME = "Speech check: test endpoint, may be deleted"
MARK = "speechCheck"  # among the custom properties: it tells our endpoint from one that is only called the same
SETTLED = ("Succeeded", "Failed")
LOOK_SECONDS = 5.0  # when the service names no time
ATTEMPTS = 5  # to delete it


class Trial:
    """The writing part of a walk. `longest`: seconds to wait for one deployment (the documentation says up to 30
    minutes); `pause` waits."""

    def __init__(self, walk: Walk, *, longest: float = 2400.0, pause: Callable[[float], object] = time.sleep) -> None:
        self._walk, self._client = walk, walk.client
        self._longest, self._pause = longest, pause
        self._mark = uuid4().hex
        self.made: Endpoint | None = None

    def run(self) -> None:
        """Create, change and delete one endpoint; it is deleted too when a step fails or somebody interrupts."""
        models = self._models()
        if not models:
            self._walk.skip("Endpoints_Create", "no model that can be deployed was found")
            return
        first, *others = models
        try:
            if self._create(first) and self._settled("is deployed", first):
                self._change(others[0] if others else None)
        finally:
            self._remove()

    def _models(self) -> list[Model]:
        """A model to deploy, and if there is one a second of the same locale; base models first: all have them."""
        try:
            every = [*self._client.list_base_models(), *self._client.list_custom_models()]
        except SpeechError:
            return []  # the walk has said so already
        now = datetime.now(UTC)
        fit = [
            one
            for one in every
            if one.supports_endpoints and one.status == "Succeeded" and (one.expires is None or one.expires > now)
        ]
        for one in fit:
            if other := next((two for two in fit if two.locale == one.locale and two.id != one.id), None):
                return [one, other]
        return fit[:1]

    def _create(self, model: Model) -> bool:
        asked = EndpointCreate(
            NAME,
            model.locale,
            model.id,
            model.kind,
            description="Made by `manage.py speech_check --write` to compare the service with its contract.",
            custom_properties={MARK: self._mark},
        )

        def wrong(made: Endpoint) -> list[str]:
            found = _not_as_asked(made, display_name=NAME, locale=model.locale, model_id=model.id)
            return found + ([] if made.custom_properties.get(MARK) == self._mark else ["customProperties was not kept"])

        self.made = self._walk.ask(
            "Endpoints_Create", lambda: self._client.create_endpoint(asked), lambda it: f"made {it.id}", wrong
        )
        return self.made is not None

    def _change(self, second: Model | None) -> None:
        self._update("the name", EndpointUpdate(display_name=f"{NAME} (renamed)"), display_name=f"{NAME} (renamed)")
        self._update("logging on", EndpointUpdate(logging_enabled=True), logging_enabled=True)
        self._update("logging off", EndpointUpdate(logging_enabled=False), logging_enabled=False)
        if second is None:
            self._walk.skip("Endpoints_Update", "the model: there is no second one of the same locale")
            return
        asked = EndpointUpdate(model_id=second.id, model_kind=second.kind)
        if self._update("the model", asked):
            self._settled("runs the other model", second)

    def _update(self, what: str, asked: EndpointUpdate, **expected: object) -> bool:
        done = self._walk.ask(
            "Endpoints_Update",
            lambda: self._client.update_endpoint(self._id, asked),
            lambda _: f"changed {what}",
            lambda changed: _not_as_asked(changed, **expected),
            self._own_storage if "logging" in what else lambda _: "",
        )
        if done is not None and done.status not in SETTLED and "model" not in what:
            self._settled(f"settles after changing {what}")
        return done is not None

    def _own_storage(self, error: SpeechError) -> str:
        """Later API versions log only for resources with their own storage (service-facts 3)."""
        if self._client.capabilities.logging_needs_own_storage and isinstance(error, Refused):
            return f"logging: perhaps this resource has no storage of its own. {error}"
        return ""

    def _settled(self, what: str, model: Model | None = None) -> bool:
        """Look until it is deployed, as often as the service allows."""

        def wrong(found: Endpoint) -> list[str]:
            if found.status != "Succeeded":
                reason = f" ({found.error.code})" if found.error else ""
                return [f"the status is {found.status[:40]!r}{reason} after {waited:.0f} s of waiting"]
            return _not_as_asked(found, model_id=model.id) if model else []

        waited = 0.0

        def look() -> Endpoint:
            nonlocal waited
            while True:
                found = self._client.get_endpoint(self._id)
                if found.status in SETTLED or waited >= self._longest:
                    return found
                seconds = max(1.0, found.retry_after or LOOK_SECONDS)
                self._pause(seconds)
                waited += seconds

        found = self._walk.ask("Endpoints_Get", look, lambda _: f"the endpoint {what}", wrong)
        return found is not None and found.status == "Succeeded"

    def _remove(self) -> None:
        """Delete what was made, even when the answer to the create was lost."""
        if self.made is not None:
            self._delete(self.made)
            self._walk.refused("Endpoints_Get", "the deleted endpoint", lambda: self._client.get_endpoint(self._id))
        left = self._walk.ask("Endpoints_List", self._left, lambda it: f"{len(it)} test endpoints are left to delete")
        for one in left or ():
            self._delete(one)

    def _left(self) -> list[Endpoint]:
        return [one for one in self._client.list_endpoints() if one.custom_properties.get(MARK) == self._mark]

    def _delete(self, endpoint: Endpoint) -> None:
        def delete() -> None:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    return self._client.delete_endpoint(endpoint.id)
                except NotFound:
                    return None
                except SpeechError:  # perhaps it may not be deleted while it is being deployed
                    if attempt == ATTEMPTS:
                        raise
                    self._pause(LOOK_SECONDS * attempt)
            return None

        self._walk.ask("Endpoints_Delete", delete, lambda _: "deleted the test endpoint")

    @property
    def _id(self) -> str:
        return self.made.id if self.made else ""


def _not_as_asked(endpoint: Endpoint, **expected: object) -> list[str]:
    return [f"{name} is not what was asked" for name, value in expected.items() if getattr(endpoint, name) != value]
