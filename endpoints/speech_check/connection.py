"""The test of a connection: what a ServiceCheck finds, as the few steps that a person who connects a resource knows."""

import time
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from endpoints.azure import (
    ConnectionLost,
    Forbidden,
    NotSent,
    SpeechClient,
    SpeechError,
    TimedOut,
    Unauthorized,
    VersionRetired,
)
from endpoints.azure.unreachable import EXPIRED, NO_TLS, OTHER_HOST, UNTRUSTED

from .recording import Recorder
from .service_check import CheckResult, ServiceCheck, Verdict

ADDRESS, CERTIFICATE, KEY, LISTS, HOOKS, LOGS, VERSION = STEPS = (
    *("address", "certificate", "key", "lists", "web-hooks", "logs", "version"),
)
SECONDS = 25.0  # what has not begun by then is skipped: a person waits for the result
DEADLINE = 10.0  # seconds for one request, which is sent once
LEAST_DAYS = 14  # until the certificate expires; fewer are a warning
TEXTS, TEXT = 5, 500  # at most so many sentences of a step, each of so many characters
_OF_LOGS = ("Endpoints_ListLogs", "Endpoints_GetLog", "content", "List Blobs", "Get Blob")
_OF_TLS = (EXPIRED, OTHER_HOST, UNTRUSTED, NO_TLS)
_BADNESS = (Verdict.FAILED, Verdict.DIFFERED, Verdict.HELD, Verdict.SKIPPED)

Step = dict[str, object]


class ConnectionTest:
    """A test of one connection. `connect` opens a client of an API version that uses the recorder as its transport.

    `save` is called with the steps so far whenever there is news. A step has the keys name, verdict, ms, facts (numbers
    and names for its sentence) and texts (what went wrong, without secrets: `clean` removes them).
    """

    def __init__(
        self,
        connect: Callable[[str], SpeechClient],
        recorder: Recorder,
        save: Callable[[list[Step]], None],
        clean: Callable[[str], str],
    ) -> None:
        self.steps: list[Step] = []
        self._connect, self._recorder, self._save, self._clean = connect, recorder, save, clean
        self._until = time.monotonic() + SECONDS
        self._chosen = ""

    def run(self, version: str, *, choose: bool, more: Callable[[ServiceCheck], None] = lambda check: None) -> None:
        """Take all steps in this API version, or with `choose` in the one that would be chosen.

        `more`: further checks of the content logs. Nothing is changed on the service.
        """
        with self._connect(version) as client:
            check = self._check(client)
            if not self._reach(check, choose=choose):
                return
            if choose:
                self._chosen = check.versions() or ""
            if not self._chosen or self._chosen == version:
                self._read(check, more)
                return
        with self._connect(self._chosen) as client:
            self._read(self._check(client), more)

    def _check(self, client: SpeechClient) -> ServiceCheck:
        return ServiceCheck(client, self._recorder, seconds=self._until - time.monotonic())

    def _read(self, check: ServiceCheck, more: Callable[[ServiceCheck], None]) -> None:
        results: list[CheckResult] = []

        def report(result: CheckResult) -> None:
            results.append(result)
            name = _step_of(result)
            self._add_results(name, [one for one in results if _step_of(one) == name], check)

        check.report_to(report)
        check.read_entities()
        more(check)
        self._chosen = self._chosen or check.versions() or ""
        version = check.client.version.name
        if any(_step_of(one) == VERSION for one in results):
            self._add_results(VERSION, [one for one in results if _step_of(one) == VERSION], check)
        else:
            self._add(VERSION, Verdict.HELD, version=version, chosen=version)

    def _reach(self, check: ServiceCheck, *, choose: bool) -> bool:
        """The steps of the first request: address, certificate, key. Returns whether there is any sense in going on."""
        reached = check.reach()
        result, place, host = check.results[-1], _place(check.error), urlsplit(check.client.base).hostname or ""
        seconds, texts = result.seconds, [result.summary]
        if place == ADDRESS:
            self._add(ADDRESS, Verdict.FAILED, seconds, texts, host=host)
            return False
        self._add(ADDRESS, Verdict.HELD, host=host)
        if place != CERTIFICATE:
            self._add_certificate()
        if place == VERSION and choose:
            return True
        if reached:
            self._add(KEY, Verdict.HELD, seconds)
        else:
            self._add(place, Verdict.FAILED, seconds, texts, version=check.client.version.name)
        return reached

    def _add_certificate(self) -> None:
        ends = self._recorder.certificate_ends
        if ends is None:
            self._add(CERTIFICATE, Verdict.SKIPPED)
        else:
            soon = ends - time.time() < LEAST_DAYS * 86_400
            self._add(CERTIFICATE, Verdict.DIFFERED if soon else Verdict.HELD, until=round(ends))

    def _add_results(self, name: str, results: list[CheckResult], check: ServiceCheck) -> None:
        verdict = next(one for one in _BADNESS if any(result.verdict is one for result in results))
        failed = [result.summary for result in results if result.verdict is verdict is not Verdict.HELD]
        texts = [text for result in results for text in result.differences] if verdict is Verdict.DIFFERED else failed
        facts: dict[str, str | int] = {}
        if name == LISTS:
            models = check.counts.get("base model", 0) + check.counts.get("custom model", 0)
            facts = {"endpoints": check.counts.get("endpoint", 0), "models": models}
        elif name == VERSION:
            facts = {"version": check.client.version.name, "chosen": self._chosen}
        self._add(name, verdict, sum(result.seconds for result in results), texts, **facts)

    def _add(
        self, name: str, verdict: Verdict, seconds: float = 0, texts: Iterable[str] = (), **facts: str | int
    ) -> None:
        """Add a step, or put another result in its place."""
        sentences = [self._clean(text)[:TEXT] for text in dict.fromkeys(texts)][:TEXTS]
        step: Step = {"name": name, "verdict": str(verdict), "ms": round(seconds * 1000), "facts": facts}
        kept = [one for one in self.steps if one["name"] != name]
        self.steps = sorted([*kept, step | {"texts": sentences}], key=lambda one: STEPS.index(str(one["name"])))
        self._save(self.steps)


def _step_of(result: CheckResult) -> str:
    """The step that an operation belongs to."""
    if result.operation.startswith(_OF_LOGS):
        return LOGS
    if result.operation == "API version":
        return VERSION
    return HOOKS if result.operation.startswith("WebHooks_") else LISTS


def _place(error: SpeechError | None) -> str:
    """The step that an error of the first request belongs to; "" without one."""
    if isinstance(error, NotSent | TimedOut | ConnectionLost):
        text = str(error)
        return KEY if "Entra" in text else CERTIFICATE if any(words in text for words in _OF_TLS) else ADDRESS
    if isinstance(error, Unauthorized | Forbidden):
        return KEY
    return VERSION if isinstance(error, VersionRetired) else ADDRESS if error else ""
