"""/webhooks: list, create, get, update, delete, :ping, :test; and GET /_world/deliveries."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..api import bodies
from ..api.errors import missing
from ..api.filters import Fields
from ..api.paging import page
from ..control import ledger
from ..hooks import hook_json
from ..simulation import Simulation
from ..world.entities import Status
from ..world.web_hooks import CHALLENGE, EVENTS, PING, WebHook
from ..world.world import new_id
from .base import PROJECT_FIELDS, Room, answer, listed

FIELDS: Fields = {
    **{name: read for name, read in PROJECT_FIELDS.items() if name != "locale"},
    "lastActionDateTime": lambda hook: int(hook.entered),
    "status": lambda hook: hook.status.value,
    "webUrl": lambda hook: hook.url,
}
SOON = {"Retry-After": "1"}
LONGEST_WAIT = 60.0  # seconds


class HookRoom(Room):
    """WebHooks_*. Every version shows every hook; a payload has the version of its hook."""

    def routes(self) -> list[Route]:
        return [
            Route("/webhooks", self.list),
            Route("/webhooks", self.create, methods=["POST"]),
            Route("/webhooks/{id:thing}:ping", self.ping, methods=["POST"]),
            Route("/webhooks/{id:thing}:test", self.test, methods=["POST"]),
            Route("/webhooks/{id:thing}", self.get),
            Route("/webhooks/{id:thing}", self.update, methods=["PATCH"]),
            Route("/webhooks/{id:thing}", self.delete, methods=["DELETE"]),
        ]

    def found(self, request: Request) -> WebHook:
        hook = self.world.hooks.get(request.path_params["id"].lower())
        if hook is None:
            raise missing("web hook")
        return hook

    async def list(self, request: Request) -> Response:
        """WebHooks_List: in order of creation."""
        wire = self.simulation.wire(self.version)
        values, following = page(
            self.world.hooks.values(),
            request.query_params,
            address=wire.address("webhooks"),
            fields=FIELDS,
            size=self.world.options.switches.page_size,
        )
        return listed([hook_json.shape(hook, wire) for hook in values], following, _waiting(*values))

    async def create(self, request: Request) -> Response:
        """WebHooks_Create: 201 with Location; the challenge follows the answer."""
        body = await bodies.read(request)
        hook = hook_json.new_hook(body, hook_id=new_id(), version=self.version, now=self.world.now())
        self.world.hooks[hook.id] = hook
        ledger.made(hook.id)
        self.world.touch()
        self.simulation.courier.look()
        self.simulation.courier.challenge(hook)
        shape = hook_json.shape(hook, self.simulation.wire(self.version))
        return answer(shape, 201, {"Location": shape["self"]})

    async def get(self, request: Request) -> Response:
        """WebHooks_Get."""
        hook = self.found(request)
        return answer(hook_json.shape(hook, self.simulation.wire(self.version)), headers=_waiting(hook))

    async def update(self, request: Request) -> Response:
        """WebHooks_Update: without a secret the signature ends."""
        body = await bodies.read(request)
        hook = self.found(request)
        change = hook_json.hook_change(body, hook.custom, self.world.options.switches)
        due = hook_json.apply(hook, change, self.world.now())
        ledger.changed(hook.id)
        self.world.touch()
        if due:
            self.simulation.courier.challenge(hook)
        return answer(hook_json.shape(hook, self.simulation.wire(self.version)), headers=_waiting(hook))

    async def delete(self, request: Request) -> Response:
        """WebHooks_Delete. A missing one as the switch for endpoints says: the contract is silent on both."""
        missing_is_gone = self.world.options.switches.delete_missing_endpoint == 204
        if missing_is_gone and request.path_params["id"].lower() not in self.world.hooks:
            return Response(status_code=204)
        hook = self.found(request)
        del self.world.hooks[hook.id]
        ledger.removed(hook.id)
        self.world.touch()
        return Response(status_code=204)

    async def ping(self, request: Request) -> Response:
        """WebHooks_Ping: whether `ping` is registered or not."""
        self.simulation.courier.ping(self.found(request))
        return Response(status_code=202, headers=SOON)

    async def test(self, request: Request) -> Response:
        """WebHooks_Test: each registered event with the last entity that had it; 204 when there is none at all."""
        hook = self.found(request)
        courier = self.simulation.courier
        courier.look()
        names = [name for name in sorted(EVENTS - {PING, CHALLENGE}) if hook.events.get(name)]
        events = [event for name in names if (event := courier.watch.last(self.world, name))]
        for event in sorted(events, key=lambda event: event.moment):
            courier.tell(hook, event)
        return Response(status_code=202, headers=SOON) if events else Response(status_code=204)


def control_routes(simulation: Simulation) -> list[Route]:
    async def deliveries(request: Request) -> JSONResponse:
        """What was sent, oldest first; with ?settle=SECONDS only when nothing is under way any more."""
        try:
            seconds = min(LONGEST_WAIT, float(request.query_params.get("settle", "0")))
        except ValueError:
            return JSONResponse({"code": "InvalidRequest", "message": "settle has to be a number of seconds"}, 400)
        await simulation.courier.settled(seconds)
        return JSONResponse(simulation.courier.plain())

    return [Route("/_world/deliveries", deliveries)]


def _waiting(*shown: WebHook) -> dict[str, str]:
    """Retry-After while a challenge in the answer is not decided."""
    return SOON if any(hook.status is Status.NOT_STARTED for hook in shown) else {}
