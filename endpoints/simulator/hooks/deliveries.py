"""Calls the web hooks: challenges, events, pings. Each hook has a queue of its own, so that none delays another.

Retries and delays follow the world's clock, so /_world/advance shortens them. No response of the API waits for them.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import Any, Protocol

import msgspec

from ..api.serializer import Serializer
from ..control.faults import HOOK, Effect, Fault
from ..options import Options
from ..world.entities import Status
from ..world.web_hooks import CHALLENGE, PING, WebHook
from ..world.world import World, new_id
from . import hook_json
from .calls import Delivery, OutgoingCall
from .events import HookEvent, TransitionTracker, payload
from .http_post import NoResponse, post

MAX_QUEUE = 10_000  # calls that wait for one hook
MAX_RECORDS = 10_000
MAX_POLL_SECONDS = 1.0  # while there are hooks: endpoints may also expire
SUCCESSFUL = range(200, 300)


class Host(Protocol):
    """What the dispatcher needs of the simulation."""

    world: World
    faults: list[Fault]

    @property
    def options(self) -> Options: ...

    def serializer(self, version: str) -> Serializer: ...


class HookQueue:
    """The calls that wait for one hook, and the task that makes them."""

    def __init__(self) -> None:
        self.calls: deque[OutgoingCall] = deque()
        self.reordered: list[OutgoingCall] = []
        self.task: asyncio.Task[None] | None = None


class Dispatcher:
    """Detects events and delivers them. `run` must be started beside the server; all other tasks are started here."""

    def __init__(self, simulation: Host) -> None:
        self.simulation = simulation
        self.changed = asyncio.Event()
        self.delayed: set[asyncio.Task[None]] = set()
        self.queues: dict[str, HookQueue] = {}
        self.records: deque[Delivery] = deque(maxlen=MAX_RECORDS)
        self.tracker = TransitionTracker()

    @property
    def world(self) -> World:
        return self.simulation.world

    def begin(self) -> None:
        """Start with another world: pending calls to the hooks of the old one are canceled."""
        for task in self.tasks():
            task.cancel()
        self.delayed.clear()
        self.queues.clear()
        self.records.clear()
        self.tracker = TransitionTracker()
        self.world.on_change = self.notify
        self.notify()

    def notify(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    # Detecting events

    async def run(self) -> None:
        """Detect events until this task is canceled."""
        while True:
            changed = self.changed
            self.detect_events()
            due = self.tracker.next_at()
            sleep = MAX_POLL_SECONDS if due is None else min(MAX_POLL_SECONDS, max(0.001, due - self.world.now()))
            await _wait_for(changed, sleep if self.world.hooks else None)

    def detect_events(self) -> None:
        """Queue new events for the hooks that subscribe to them; without hooks nothing is tracked.

        A hook of a retired version is disabled (contract: WebHookProperties.apiVersion).
        """
        if not self.world.hooks:
            self.tracker.tracked = None
            return
        for event in self.tracker.detect_events(self.world):
            for hook in self.world.hooks.values():
                if hook.subscribes_to(event.name) and hook.version not in self.simulation.options.switches.retired:
                    self.send_event(hook, event)

    # Sending

    def send_event(self, hook: WebHook, event: HookEvent) -> None:
        address = self.simulation.serializer(hook.version).address(*event.path)
        body = msgspec.json.encode(payload(address, new_id()))
        self.enqueue(OutgoingCall(hook=hook, event=event.name, created=self.world.now(), body=body))

    def ping(self, hook: WebHook) -> None:
        """WebHooks_Ping: the body is that of WebHooks_Get."""
        body = msgspec.json.encode(hook_json.shape(hook, self.simulation.serializer(hook.version)))
        self.enqueue(OutgoingCall(hook=hook, event=PING, created=self.world.now(), body=body))

    def challenge(self, hook: WebHook) -> None:
        token = secrets.token_urlsafe(24)
        self.enqueue(
            OutgoingCall(hook=hook, event=CHALLENGE, created=self.world.now(), token=token, challenge=hook.challenge)
        )

    def enqueue(self, call: OutgoingCall) -> None:
        queue = self.queues.setdefault(call.hook.id, HookQueue())
        if len(queue.calls) >= MAX_QUEUE:
            self.record_attempt(call, 0, None, "not sent: too many wait")
            return
        queue.calls.append(call)
        if queue.task is None or queue.task.done():
            queue.task = asyncio.create_task(self._make_calls(queue))

    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks that are running."""
        running = [queue.task for queue in self.queues.values() if queue.task and not queue.task.done()]
        return [*running, *self.delayed]

    async def wait_until_idle(self, seconds: float) -> None:
        """Wait until no task is running, for at most so many seconds of real time."""
        self.detect_events()
        end = asyncio.get_running_loop().time() + seconds
        while (tasks := self.tasks()) and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(tasks, timeout=left)

    async def _make_calls(self, queue: HookQueue) -> None:
        while queue.calls:
            call = queue.calls.popleft()
            effect = self._fault(call)
            if effect is None:
                await self._deliver(call)
            elif effect.drop:
                self.record_attempt(call, 0, None, "dropped by a fault")
                if call.challenge is not None:
                    self._finish_challenge(call, "The callback did not answer.")
                continue
            elif effect.reorder:
                queue.reordered.append(call)
                continue
            elif effect.delay:
                task = asyncio.create_task(self._deliver_delayed(call, effect))
                self.delayed.add(task)
                task.add_done_callback(self.delayed.discard)
                continue
            else:
                await self._deliver(call, effect.duplicate)
            reordered, queue.reordered = queue.reordered, []
            for one in reordered:
                await self._deliver(one)

    async def _deliver_delayed(self, call: OutgoingCall, effect: Effect) -> None:
        await self._pause(call.created + effect.delay)
        await self._deliver(call, effect.duplicate)

    async def _deliver(self, call: OutgoingCall, duplicates: int = 0) -> None:
        if call.challenge is not None:
            await self._send_challenge(call)
            return
        switches = self.simulation.options.switches
        for attempt in range(1, switches.hook_attempts + 1):
            if call.hook.status is not Status.SUCCEEDED or self.world.hooks.get(call.hook.id) is not call.hook:
                self.record_attempt(
                    call, attempt, None, f"not sent: the web hook is {call.hook.status.value}, or deleted"
                )
                return
            status, _ = await self._post(call, attempt)
            if status in SUCCESSFUL:
                call.hook.failures = 0
                for _ in range(duplicates):
                    await self._post(call, attempt)
                return
            if attempt < switches.hook_attempts:
                await self._pause(self.world.now() + switches.hook_retry_seconds)
        call.hook.failures += 1
        if call.hook.failures >= switches.hook_failures and call.hook.status is Status.SUCCEEDED:
            self._fail_hook(
                call.hook, "TooManyFailures", "Too many callbacks failed. Update the web hook to try it again."
            )

    async def _send_challenge(self, call: OutgoingCall) -> None:
        """One attempt; the body of the response must be the token and nothing else."""
        status, body = await self._post(call, 1)
        if status == 200 and body == call.token.encode():
            self._finish_challenge(call, None)
        elif status == 200:
            self._finish_challenge(call, "The callback answered something else than the validation token.")
        else:
            self._finish_challenge(
                call, "The callback did not answer." if status is None else f"The callback answered {status}."
            )

    def _finish_challenge(self, call: OutgoingCall, problem: str | None) -> None:
        """Set the status of the hook; the challenge of a URL that has been replaced since is ignored."""
        if call.challenge != call.hook.challenge:
            return
        if problem:
            self._fail_hook(call.hook, "ChallengeFailed", problem)
        else:
            call.hook.enter(Status.SUCCEEDED, self.world.now())
            self.world.mark_changed()

    def _fail_hook(self, hook: WebHook, code: str, message: str) -> None:
        hook.enter(Status.FAILED, self.world.now(), {"code": code, "message": message})
        self.world.mark_changed()

    async def _post(self, call: OutgoingCall, attempt: int) -> tuple[int | None, bytes]:
        switches = self.simulation.options.switches
        try:
            headers = call.headers(switches.hook_event_names)
            status, body = await post(call.address, headers, call.body, switches.hook_timeout_seconds)
        except NoResponse as problem:
            self.record_attempt(call, attempt, None, str(problem))
            return None, b""
        self.record_attempt(call, attempt, status)
        return status, body

    def record_attempt(self, call: OutgoingCall, attempt: int, status: int | None, problem: str | None = None) -> None:
        style = self.simulation.options.switches.hook_event_names
        self.records.append(call.attempt_record(self.world.now(), style, attempt, status, problem))

    def as_json(self) -> list[dict[str, Any]]:
        return [msgspec.structs.asdict(one) for one in self.records]

    def _fault(self, call: OutgoingCall) -> Effect | None:
        """The effect of a fault with the method HOOK; its path is matched against "<event> <webUrl>"."""
        for fault in self.simulation.faults:
            if (fault.method or "").upper() == HOOK and fault.matches(HOOK, f"{call.event} {call.hook.url}"):
                return fault.effect
        return None

    async def _pause(self, end: float) -> None:
        """Wait until a time of the world's clock."""
        while (left := end - self.world.now()) > 0:
            await _wait_for(self.changed, left)


async def _wait_for(changed: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass
