"""Calls the web hooks: challenges, events, pings; each hook has a line of its own, so none waits for another.

Retries and delays follow the world's clock, so /_world/advance shortens them. Nothing here is waited for by an answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec

from ..control.faults import HOOK, Effect
from ..world.entities import Status
from ..world.web_hooks import CHALLENGE, PING, WebHook
from ..world.world import World, new_id
from . import hook_json
from .calls import Delivery, Job
from .events import Event, Watch, payload
from .http_post import Unanswered, post

if TYPE_CHECKING:
    from ..simulation import Simulation

LONGEST_LINE = 10_000  # deliveries that wait for one hook
LONGEST_RECORD = 10_000
LONGEST_SLEEP = 1.0  # seconds between two looks while there are hooks; time may also take endpoints away
SUCCESSFUL = range(200, 300)


class Line:
    """The deliveries that wait for one hook, and the task that carries them."""

    def __init__(self) -> None:
        self.jobs: deque[Job] = deque()
        self.held: list[Job] = []
        self.task: asyncio.Task[None] | None = None


class Courier:
    """`run` notices transitions and has to be started beside the server; all else starts by itself."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.pulse = asyncio.Event()
        self.aside: set[asyncio.Task[None]] = set()
        self.lines: dict[str, Line] = {}
        self.record: deque[Delivery] = deque(maxlen=LONGEST_RECORD)
        self.watch = Watch()

    @property
    def world(self) -> World:
        return self.simulation.world

    def begin(self) -> None:
        """Another world: what was on its way to the hooks of the old one is forgotten."""
        for task in self.tasks():
            task.cancel()
        self.aside.clear()
        self.lines.clear()
        self.record.clear()
        self.watch = Watch()
        self.world.on_change = self.wake
        self.wake()

    def wake(self) -> None:
        pulse, self.pulse = self.pulse, asyncio.Event()
        pulse.set()

    # noticing

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            pulse = self.pulse
            self.look()
            due = self.watch.next_at()
            sleep = LONGEST_SLEEP if due is None else min(LONGEST_SLEEP, max(0.001, due - self.world.now()))
            await _set(pulse, sleep if self.world.hooks else None)

    def look(self) -> None:
        """Hand what has happened to the hooks that want it; without hooks nothing is watched.

        A hook of a version that is gone is disabled (WebHookProperties.apiVersion).
        """
        if not self.world.hooks:
            self.watch.seen = None
            return
        for event in self.watch.look(self.world):
            for hook in self.world.hooks.values():
                if hook.wants(event.name) and hook.version not in self.simulation.options.switches.retired:
                    self.tell(hook, event)

    # sending

    def tell(self, hook: WebHook, event: Event) -> None:
        address = self.simulation.wire(hook.version).address(*event.path)
        body = msgspec.json.encode(payload(address, new_id()))
        self.put(Job(hook=hook, event=event.name, made=self.world.now(), body=body))

    def ping(self, hook: WebHook) -> None:
        """WebHooks_Ping: the body is the hook as GET shows it."""
        body = msgspec.json.encode(hook_json.shape(hook, self.simulation.wire(hook.version)))
        self.put(Job(hook=hook, event=PING, made=self.world.now(), body=body))

    def challenge(self, hook: WebHook) -> None:
        token = secrets.token_urlsafe(24)
        self.put(Job(hook=hook, event=CHALLENGE, made=self.world.now(), token=token, challenge=hook.challenge))

    def put(self, job: Job) -> None:
        line = self.lines.setdefault(job.hook.id, Line())
        if len(line.jobs) >= LONGEST_LINE:
            self.note(job, 0, None, "not sent: too many wait")
            return
        line.jobs.append(job)
        if line.task is None or line.task.done():
            line.task = asyncio.create_task(self._carry(line))

    def tasks(self) -> list[asyncio.Task[None]]:
        """What is under way."""
        lines = [line.task for line in self.lines.values() if line.task and not line.task.done()]
        return [*lines, *self.aside]

    async def settled(self, seconds: float) -> None:
        """Until nothing is under way, at most so many seconds of real time."""
        self.look()
        end = asyncio.get_running_loop().time() + seconds
        while (tasks := self.tasks()) and (left := end - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(tasks, timeout=left)

    async def _carry(self, line: Line) -> None:
        while line.jobs:
            job = line.jobs.popleft()
            effect = self._fault(job)
            if effect is None:
                await self._deliver(job)
            elif effect.drop:
                self.note(job, 0, None, "dropped by a fault")
                if job.challenge is not None:
                    self._conclude(job, "The callback did not answer.")
                continue
            elif effect.reorder:
                line.held.append(job)
                continue
            elif effect.delay:
                later = asyncio.create_task(self._later(job, effect))
                self.aside.add(later)
                later.add_done_callback(self.aside.discard)
                continue
            else:
                await self._deliver(job, effect.duplicate)
            held, line.held = line.held, []
            for one in held:
                await self._deliver(one)

    async def _later(self, job: Job, effect: Effect) -> None:
        await self._pause(job.made + effect.delay)
        await self._deliver(job, effect.duplicate)

    async def _deliver(self, job: Job, duplicates: int = 0) -> None:
        if job.challenge is not None:
            await self._ask(job)
            return
        switches = self.simulation.options.switches
        for attempt in range(1, switches.hook_attempts + 1):
            if job.hook.status is not Status.SUCCEEDED or self.world.hooks.get(job.hook.id) is not job.hook:
                self.note(job, attempt, None, f"not sent: the web hook is {job.hook.status.value}, or deleted")
                return
            status, _ = await self._post(job, attempt)
            if status in SUCCESSFUL:
                job.hook.failures = 0
                for _ in range(duplicates):
                    await self._post(job, attempt)
                return
            if attempt < switches.hook_attempts:
                await self._pause(self.world.now() + switches.hook_retry_seconds)
        job.hook.failures += 1
        if job.hook.failures >= switches.hook_failures and job.hook.status is Status.SUCCEEDED:
            self._fail(job.hook, "TooManyFailures", "Too many callbacks failed. Update the web hook to try it again.")

    async def _ask(self, job: Job) -> None:
        """The challenge: one attempt; the body has to be the token and nothing else."""
        status, answer = await self._post(job, 1)
        if status == 200 and answer == job.token.encode():
            self._conclude(job, None)
        elif status == 200:
            self._conclude(job, "The callback answered something else than the validation token.")
        else:
            self._conclude(
                job, "The callback did not answer." if status is None else f"The callback answered {status}."
            )

    def _conclude(self, job: Job, problem: str | None) -> None:
        """A challenge of an address that was replaced meanwhile decides nothing."""
        if job.challenge != job.hook.challenge:
            return
        if problem:
            self._fail(job.hook, "ChallengeFailed", problem)
        else:
            job.hook.enter(Status.SUCCEEDED, self.world.now())
            self.world.touch()

    def _fail(self, hook: WebHook, code: str, message: str) -> None:
        hook.enter(Status.FAILED, self.world.now(), {"code": code, "message": message})
        self.world.touch()

    async def _post(self, job: Job, attempt: int) -> tuple[int | None, bytes]:
        switches = self.simulation.options.switches
        try:
            headers = job.headers(switches.hook_event_names)
            status, answer = await post(job.address, headers, job.body, switches.hook_timeout_seconds)
        except Unanswered as problem:
            self.note(job, attempt, None, str(problem))
            return None, b""
        self.note(job, attempt, status)
        return status, answer

    def note(self, job: Job, attempt: int, status: int | None, problem: str | None = None) -> None:
        style = self.simulation.options.switches.hook_event_names
        self.record.append(job.noted(self.world.now(), style, attempt, status, problem))

    def plain(self) -> list[dict[str, Any]]:
        return [msgspec.structs.asdict(one) for one in self.record]

    def _fault(self, job: Job) -> Effect | None:
        """A fault with the method HOOK; its path is matched against the event and the address."""
        for fault in self.simulation.faults:
            if (fault.method or "").upper() == HOOK and fault.strikes(HOOK, f"{job.event} {job.hook.url}"):
                return fault.effect
        return None

    async def _pause(self, end: float) -> None:
        """Until the world's clock says so."""
        while (left := end - self.world.now()) > 0:
            await _set(self.pulse, left)


async def _set(pulse: asyncio.Event, seconds: float | None) -> None:
    try:
        async with asyncio.timeout(seconds):
            await pulse.wait()
    except TimeoutError:
        pass
