"""Web hooks, and the control route GET /_world/deliveries."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import not_found
from ..api.filters import Fields
from ..api.paging import page
from ..control import ledger
from ..hooks import hook_json
from ..simulation import Simulation
from ..world.entities import Status
from ..world.web_hooks import CHALLENGE, EVENTS, PING, WebHook
from ..world.world import new_id
from .base import PROJECT_FIELDS, Routes, json_response, page_response

FIELDS: Fields = {
    **{name: read for name, read in PROJECT_FIELDS.items() if name != "locale"},
    "lastActionDateTime": lambda hook: int(hook.entered),
    "status": lambda hook: hook.status.value,
    "webUrl": lambda hook: hook.url,
}
RETRY_SOON = {"Retry-After": "1"}
MAX_SETTLE_SECONDS = 60.0


class WebHookRoutes(Routes):
    """WebHooks_*. Each version lists all hooks; what a hook is sent has the hook's own version."""

    def routes(self) -> list[Route]:
        return [
            Route("/webhooks", self.list),
            Route("/webhooks", self.create, methods=["POST"]),
            Route("/webhooks/{id:entity_id}:ping", self.ping, methods=["POST"]),
            Route("/webhooks/{id:entity_id}:test", self.test, methods=["POST"]),
            Route("/webhooks/{id:entity_id}", self.get),
            Route("/webhooks/{id:entity_id}", self.update, methods=["PATCH"]),
            Route("/webhooks/{id:entity_id}", self.delete, methods=["DELETE"]),
        ]

    def hook_of(self, request: Request) -> WebHook:
        hook = self.world.hooks.get(request.path_params["id"].lower())
        if hook is None:
            raise not_found("web hook")
        return hook

    async def list(self, request: Request) -> Response:
        """WebHooks_List, in order of creation."""
        serializer = self.simulation.serializer(self.version)
        values, next_link = page(
            self.world.hooks.values(),
            request.query_params,
            address=serializer.address("webhooks"),
            fields=FIELDS,
            size=self.world.options.switches.page_size,
        )
        return page_response([hook_json.shape(hook, serializer) for hook in values], next_link, _retry_after(*values))

    async def create(self, request: Request) -> Response:
        """WebHooks_Create: 201 with Location; the challenge is sent after the response."""
        body = await bodies.read(request)
        hook = hook_json.new_hook(body, hook_id=new_id(), version=self.version, now=self.world.now())
        self.world.hooks[hook.id] = hook
        ledger.made(hook.id)
        self.world.mark_changed()
        self.simulation.dispatcher.detect_events()
        self.simulation.dispatcher.challenge(hook)
        shape = hook_json.shape(hook, self.simulation.serializer(self.version))
        return json_response(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        """WebHooks_Get."""
        hook = self.hook_of(request)
        return json_response(
            hook_json.shape(hook, self.simulation.serializer(self.version)), headers=_retry_after(hook)
        )

    async def update(self, request: Request) -> Response:
        """WebHooks_Update: without a secret the signing ends."""
        body = await bodies.read(request)
        hook = self.hook_of(request)
        change = hook_json.hook_change(body, hook.custom, self.world.options.switches)
        due = hook_json.apply(hook, change, self.world.now())
        ledger.changed(hook.id)
        self.world.mark_changed()
        if due:
            self.simulation.dispatcher.challenge(hook)
        return json_response(
            hook_json.shape(hook, self.simulation.serializer(self.version)), headers=_retry_after(hook)
        )

    async def delete(self, request: Request) -> Response:
        """WebHooks_Delete. For a missing hook the switch of endpoints decides: the contract defines neither."""
        missing_is_deleted = self.world.options.switches.delete_missing_endpoint == 204
        if missing_is_deleted and request.path_params["id"].lower() not in self.world.hooks:
            return Response(status_code=204)
        hook = self.hook_of(request)
        del self.world.hooks[hook.id]
        ledger.removed(hook.id)
        self.world.mark_changed()
        return Response(status_code=204)

    async def ping(self, request: Request) -> Response:
        """WebHooks_Ping, whether the hook subscribes to `ping` or not."""
        self.simulation.dispatcher.ping(self.hook_of(request))
        return Response(status_code=202, headers=RETRY_SOON)

    async def test(self, request: Request) -> Response:
        """WebHooks_Test: send the latest event of each kind that the hook subscribes to; 204 if there are none."""
        hook = self.hook_of(request)
        dispatcher = self.simulation.dispatcher
        dispatcher.detect_events()
        names = [name for name in sorted(EVENTS - {PING, CHALLENGE}) if hook.events.get(name)]
        events = [event for name in names if (event := dispatcher.tracker.last(self.world, name))]
        for event in sorted(events, key=lambda event: event.moment):
            dispatcher.send_event(hook, event)
        return Response(status_code=202, headers=RETRY_SOON) if events else Response(status_code=204)


def control_routes(simulation: Simulation) -> list[Route]:
    async def deliveries(request: Request) -> JSONResponse:
        """The deliveries, oldest first; with ?settle=SECONDS wait up to so long until none is pending."""
        try:
            seconds = min(MAX_SETTLE_SECONDS, float(request.query_params.get("settle", "0")))
        except ValueError:
            return JSONResponse({"code": "InvalidRequest", "message": "settle has to be a number of seconds"}, 400)
        await simulation.dispatcher.wait_until_idle(seconds)
        return JSONResponse(simulation.dispatcher.as_json())

    return [Route("/_world/deliveries", deliveries)]


def _retry_after(*hooks: WebHook) -> dict[str, str]:
    """Retry-After while the challenge of a hook in the response is pending."""
    return RETRY_SOON if any(hook.status is Status.NOT_STARTED for hook in hooks) else {}
