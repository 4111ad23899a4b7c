"""The check of one resource: each operation is compared with the contract and reported at once."""

import math
import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
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
    UnreadableItem,
    VersionRetired,
)
from endpoints.azure.explain import answers, first_of
from endpoints.azure.listing import Listing
from speechstudio.error_place import place

from .differences import differences
from .recording import Recorder

T = TypeVar("T")
OUT_OF_TIME = "the time for the check is over"


class Verdict(StrEnum):
    HELD = "held"
    DIFFERED = "differed"  # there was a response, but not as the contract says
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class CheckResult:
    """The result of one operation; `operation` is the contract's operation id."""

    operation: str
    verdict: Verdict
    summary: str
    seconds: float = 0.0
    differences: tuple[str, ...] = ()


class ServiceCheck:
    """The check of one resource. `client` uses `recorder` as its transport; `report` is called with each result.

    No result contains a content URL, a transcript, or the text of a log. `seconds`: what begins later is skipped.
    `error` is what ended the latest operation, `counts` has the length of each list that was read, by its noun.
    """

    def __init__(
        self,
        client: SpeechClient,
        recorder: Recorder,
        report: Callable[[CheckResult], None] = lambda result: None,
        *,
        seconds: float = math.inf,
    ) -> None:
        self.client = client
        self.error: SpeechError | None = None
        self.counts: dict[str, int] = {}
        self._until = time.monotonic() + seconds
        self.results: list[CheckResult] = []
        self.endpoints: list[Endpoint] = []
        self._recorder, self._report = recorder, report

    def versions(self) -> str | None:
        """Ask in each API version; says which one would be chosen for a resource without, and returns it."""
        found: list[tuple[str, SpeechError | None]] = []

        def ask() -> list[str]:
            found.extend(answers(self.client))
            with suppress(SpeechError):  # it is not known of a better version whether it answers
                return [name] if (name := first_of(found)) else []
            return []

        def summary(chosen: list[str]) -> str:
            told = ", ".join(f"{name} {_answer(error)}" for name, error in found)
            return f"{chosen[0] if chosen else 'none'} would be chosen; does it answer: {told}"

        chosen = self.run(
            "API version", ask, summary, lambda it: [] if it else ["no version can be chosen now"], compare=False
        )
        return chosen[0] if chosen else None

    def read(self) -> None:
        """Check all read operations; changes nothing."""
        self.reach()
        self.read_entities()

    def reach(self) -> bool:
        """Check the first read operation; returns whether the service answered it."""
        self.run("Endpoints_ListSupportedLocales", self.client.list_endpoint_locales, _count("locale"))
        return self.error is None

    def read_entities(self) -> None:
        """Check the read operations on entities."""
        client, capabilities = self.client, self.client.capabilities
        endpoints = self.check_list("Endpoints_List", client.list_endpoints, "endpoint")
        self.endpoints = endpoints or []
        self.check_one("Endpoints_Get", endpoints, lambda it: client.get_endpoint(it.id), "endpoint")
        self.check_not_found(
            "Endpoints_Get", "an endpoint that there is not", lambda: client.get_endpoint(str(uuid4()))
        )
        base = self.check_list("Models_ListBaseModels", client.list_base_models, "base model")
        self.check_one("Models_GetBaseModel", base, lambda it: client.get_base_model(it.id), "base model")
        custom = self.check_list("Models_ListCustomModels", client.list_custom_models, "custom model")
        self.check_one("Models_GetCustomModel", custom, lambda it: client.get_custom_model(it.id), "custom model")
        if capabilities.projects:
            projects = self.check_list("Projects_List", client.list_projects, "project")
            self.check_one("Projects_Get", projects, lambda it: client.get_project(it.id), "project")
        else:
            self.skip("Projects_List", "this API version has no projects")
        if capabilities.web_hooks:
            hooks = self.check_list("WebHooks_List", client.list_web_hooks, "web hook")
            self.check_one("WebHooks_Get", hooks, lambda it: client.get_web_hook(it.id), "web hook")
        else:
            self.skip("WebHooks_List", "this API version has no web hooks")
        if capabilities.logs:
            self._logs(self.endpoints)
        else:
            self.skip("Endpoints_ListLogs", "this API version has no operations on logs")

    def _logs(self, endpoints: list[Endpoint]) -> None:
        """One page of logs, one of its files, and the first bytes of its content; only their count is reported."""
        client = self.client
        logging = next((one for one in endpoints if one.logging_enabled), None)
        if logging is None:
            self.skip("Endpoints_ListLogs", "no endpoint logs content")
            return

        def first_page() -> LogPage | None:
            return next(iter(client.list_log_pages(logging.id, sas_seconds=900)), None)

        page = self.run("Endpoints_ListLogs", first_page, _page, _unreadable_logs)
        files = list(page.files) if page else []
        file = self.check_one(
            "Endpoints_GetLog", files, lambda it: client.get_log(logging.id, it.id, sas_seconds=900), "log"
        )
        if file is not None:
            self.run("content", lambda: _first_bytes(client, file), _bytes)

    def check_container(self, container: LogContainer) -> None:
        """The customer's own storage container: its folders, one page of logs, the first bytes of one file."""
        self.run("List Blobs", container.folders, _count("folder"))
        # The endpoint's id does not matter: nothing in the container contains it.
        page = self.run("List Blobs", lambda: next(container.list_log_pages(""), None), _page)
        if page is None or not page.files:
            self.skip("Get Blob", "there is no log")
            return
        file = page.files[0]
        self.run("Get Blob", lambda: _first_bytes(container, file), _bytes)

    # Kinds of checks

    def check_list(self, operation: str, call: Callable[[], Listing[T]], noun: str) -> list[T] | None:
        """All pages of a list; None if it failed. Items that cannot be read are named, and the others are checked."""
        unreadable: list[UnreadableItem] = []

        def read() -> list[T]:
            listing = call()
            items = list(listing)
            unreadable.extend(listing.unreadable)
            self.counts[noun] = len(items)
            return items

        def find_problems(_: list[T]) -> list[str]:
            return [f"{_name(item, noun)} can't be read: {item.reason}" for item in unreadable]

        return self.run(operation, read, _count(noun), find_problems)

    def check_one(self, operation: str, items: list[T] | None, call: Callable[[T], T], noun: str) -> T | None:
        """Get the first item of a list by its id."""
        if items is None:
            self.skip(operation, f"the list of {noun}s could not be read")
            return None
        if not items:
            self.skip(operation, f"there is no {noun}")
            return None
        return self.run(operation, lambda: call(items[0]), lambda _: f"one {noun}")

    def check_not_found(self, operation: str, noun: str, call: Callable[[], object]) -> None:
        """A request whose response must be 404."""

        def missing() -> bool:
            try:
                call()
            except NotFound:
                return True
            return False

        self.run(operation, missing, lambda _: f"{noun} is refused", lambda it: [] if it else [f"{noun} was found"])

    def run(
        self,
        operation: str,
        call: Callable[[], T],
        summarize: Callable[[T], str],
        find_problems: Callable[[T], list[str]] = lambda _: [],
        skip_reason: Callable[[SpeechError], str] = lambda _: "",
        *,
        compare: bool = True,
    ) -> T | None:
        """Check one operation and return its result, None after an error of any kind.

        `summarize` describes the result, `find_problems` says what is wrong with it; if `skip_reason` returns a reason
        for an error, the operation counts as skipped. `compare`: whether the responses are compared with the contract.
        """
        self._recorder.exchanges.clear()
        self.error = None
        if time.monotonic() > self._until:
            self.skip(operation, OUT_OF_TIME)
            return None
        started = time.perf_counter()
        result: T | None = None
        found: list[str] = []
        try:
            result = call()
        except NotSupported as error:
            verdict, summary = Verdict.SKIPPED, str(error)
        except SpeechError as error:
            self.error = error
            reason = skip_reason(error)
            verdict, summary = (Verdict.SKIPPED, reason) if reason else (Verdict.FAILED, str(error))
        except Exception as error:  # the other steps go on; a message may contain what was read
            verdict, summary = Verdict.FAILED, f"the check itself failed ({place(error)})"
        else:
            verdict, summary = Verdict.HELD, summarize(result)
            found += find_problems(result)
        seconds = time.perf_counter() - started
        for exchange in self._recorder.exchanges if compare else ():
            try:
                found += differences(exchange, self.client.version.name)
            except Exception as error:  # as above
                found.append(f"the response couldn't be compared ({place(error)})")
        if found and verdict is Verdict.HELD:
            verdict = Verdict.DIFFERED
        self.add(CheckResult(operation, verdict, summary, seconds, tuple(dict.fromkeys(found))))
        return result

    def skip(self, operation: str, reason: str) -> None:
        self.add(CheckResult(operation, Verdict.SKIPPED, reason))

    def note(self, operation: str, summary: str) -> None:
        self.add(CheckResult(operation, Verdict.HELD, summary))

    def report_to(self, report: Callable[[CheckResult], None]) -> None:
        """Call `report` with each result from now on."""
        self._report = report

    def add(self, result: CheckResult) -> None:
        """Keep and report a result."""
        self.results.append(result)
        self._report(result)


def _answer(error: SpeechError | None) -> str:
    """Whether an API version answers, by the error of a request in it."""
    return "yes" if error is None else "no" if isinstance(error, VersionRetired) else "not known"


def _first_bytes(source: SpeechClient | LogContainer, file: LogFile) -> int:
    with source.open_content(file.content_url or "") as content:
        return len(next(content.chunks(), b""))


def _name(item: UnreadableItem, noun: str) -> str:
    name = re.sub(r"[^\w@.$ -]", "?", item.display_name)[:40]
    return f"the {noun} {name!r}" if name else f"one {noun}"


def _bytes(count: int) -> str:
    return f"the first {count} bytes of a file"


def _page(page: LogPage | None) -> str:
    return _count("file")(page.files if page else ())


def _unreadable_logs(page: LogPage | None) -> list[str]:
    return [f"one log can't be read: {item.reason}" for item in (page.unreadable if page else ())]


def _count(noun: str) -> Callable[[Iterable[object]], str]:
    def summarize(items: Iterable[object]) -> str:
        count = len(list(items))
        return f"{count} {noun}{'' if count == 1 else 's'}"

    return summarize
