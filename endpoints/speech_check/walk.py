"""The walk: one step for each question, each held against the contract and told at once."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import uuid4

from endpoints.azure import (
    Endpoint,
    LogContainer,
    LogFile,
    LogPage,
    NotFound,
    NotSupported,
    SpeechClient,
    SpeechError,
)

from .differences import differences
from .recording import Recorder

T = TypeVar("T")


class Verdict(StrEnum):
    HELD = "held"
    DIFFERED = "differed"  # it was answered, but not as the contract says
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """What was asked and what came of it; `operation` is the contract's operation id."""

    operation: str
    verdict: Verdict
    words: str
    seconds: float = 0.0
    differences: tuple[str, ...] = ()


class Walk:
    """A walk through one resource. `client` asks through `recorder`; `say` gets each step when it is done.

    Nothing that a step says has a content address, a transcript, or the text of a log in it.
    """

    def __init__(
        self, client: SpeechClient, recorder: Recorder, say: Callable[[Step], None] = lambda step: None
    ) -> None:
        self.client = client
        self.steps: list[Step] = []
        self._recorder, self._say = recorder, say

    def read(self) -> None:
        """Ask for everything, change nothing."""
        client, can = self.client, self.client.capabilities
        self.ask("Endpoints_ListSupportedLocales", client.list_endpoint_locales, _many("locale"))
        endpoints = self.listed("Endpoints_List", client.list_endpoints, "endpoint")
        self.one("Endpoints_Get", endpoints, lambda it: client.get_endpoint(it.id), "endpoint")
        self.refused("Endpoints_Get", "an endpoint that there is not", lambda: client.get_endpoint(str(uuid4())))
        base = self.listed("Models_ListBaseModels", client.list_base_models, "base model")
        self.one("Models_GetBaseModel", base, lambda it: client.get_base_model(it.id), "base model")
        custom = self.listed("Models_ListCustomModels", client.list_custom_models, "custom model")
        self.one("Models_GetCustomModel", custom, lambda it: client.get_custom_model(it.id), "custom model")
        if can.projects:
            projects = self.listed("Projects_List", client.list_projects, "project")
            self.one("Projects_Get", projects, lambda it: client.get_project(it.id), "project")
        else:
            self.skip("Projects_List", "this API version has no projects")
        if can.web_hooks:
            hooks = self.listed("WebHooks_List", client.list_web_hooks, "web hook")
            self.one("WebHooks_Get", hooks, lambda it: client.get_web_hook(it.id), "web hook")
        else:
            self.skip("WebHooks_List", "this API version has no web hooks")
        if can.logs:
            self._logs(endpoints)
        else:
            self.skip("Endpoints_ListLogs", "this API version has no operations on logs")

    def _logs(self, endpoints: list[Endpoint]) -> None:
        """One page of logs, one of its files, and the beginning of its content, which is counted and not shown."""
        client = self.client
        logging = next((one for one in endpoints if one.logging_enabled), None)
        if logging is None:
            self.skip("Endpoints_ListLogs", "no endpoint logs content")
            return

        def first_page() -> LogPage | None:
            return next(iter(client.list_log_pages(logging.id, sas_seconds=900)), None)

        page = self.ask("Endpoints_ListLogs", first_page, _page)
        files = list(page.files) if page else []
        file = self.one("Endpoints_GetLog", files, lambda it: client.get_log(logging.id, it.id, sas_seconds=900), "log")
        if file is not None:
            self.ask("content", lambda: _beginning(client, file), _bytes)

    def look_into(self, container: LogContainer) -> None:
        """The customer's own storage container: its folders, one page of logs, the beginning of one file."""
        self.ask("List Blobs", container.folders, _many("folder"))
        # An endpoint's id would not matter: nothing in the container names one.
        page = self.ask("List Blobs", lambda: next(container.list_log_pages(""), None), _page)
        if page is None or not page.files:
            self.skip("Get Blob", "there is no log")
            return
        file = page.files[0]
        self.ask("Get Blob", lambda: _beginning(container, file), _bytes)

    # Kinds of steps

    def listed(self, operation: str, ask: Callable[[], Iterable[T]], noun: str) -> list[T]:
        """A list, whole."""
        return self.ask(operation, lambda: list(ask()), _many(noun)) or []

    def one(self, operation: str, there: list[T], ask: Callable[[T], T], noun: str) -> T | None:
        """The first of a list, by itself."""
        if not there:
            self.skip(operation, f"there is no {noun}")
            return None
        return self.ask(operation, lambda: ask(there[0]), lambda _: f"one {noun}")

    def refused(self, operation: str, noun: str, ask: Callable[[], object]) -> None:
        """A question that has to be answered with 404."""

        def missing() -> bool:
            try:
                ask()
            except NotFound:
                return True
            return False

        self.ask(operation, missing, lambda _: f"{noun} is refused", lambda it: [] if it else [f"{noun} was found"])

    def ask(
        self,
        operation: str,
        ask: Callable[[], T],
        tell: Callable[[T], str],
        wrong: Callable[[T], list[str]] = lambda _: [],
        excused: Callable[[SpeechError], str] = lambda _: "",
    ) -> T | None:
        """One step. `tell` says what came, `wrong` what should not have; an error that is `excused` skips the step."""
        self._recorder.exchanges.clear()
        began = time.perf_counter()
        result: T | None = None
        found: list[str] = []
        try:
            result = ask()
        except NotSupported as error:
            verdict, words = Verdict.SKIPPED, str(error)
        except SpeechError as error:
            why = excused(error)
            verdict, words = (Verdict.SKIPPED, why) if why else (Verdict.FAILED, str(error))
        else:
            verdict, words = Verdict.HELD, tell(result)
            found += wrong(result)
        seconds = time.perf_counter() - began
        for exchange in self._recorder.exchanges:
            found += differences(exchange, self.client.version.name)
        if found and verdict is Verdict.HELD:
            verdict = Verdict.DIFFERED
        self._done(Step(operation, verdict, words, seconds, tuple(dict.fromkeys(found))))
        return result

    def skip(self, operation: str, why: str) -> None:
        self._done(Step(operation, Verdict.SKIPPED, why))

    def _done(self, step: Step) -> None:
        self.steps.append(step)
        self._say(step)


def _beginning(source: SpeechClient | LogContainer, file: LogFile) -> int:
    with source.open_content(file.content_url or "") as content:
        return len(next(content.chunks(), b""))


def _bytes(count: int) -> str:
    return f"the first {count} bytes of a file"


def _page(page: LogPage | None) -> str:
    return _many("file")(page.files if page else ())


def _many(noun: str) -> Callable[[Iterable[object]], str]:
    def tell(items: Iterable[object]) -> str:
        count = len(list(items))
        return f"{count} {noun}{'' if count == 1 else 's'}"

    return tell
