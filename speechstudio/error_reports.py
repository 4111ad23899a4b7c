"""Errors that nobody expected, as people get to see them outside of the log: what and where, and never with what.

A report has the classes of the exceptions, the places in the code, and the id of the request. It has no message of an
exception, which may quote what was typed or stored; no local variables; nothing of the request; no person.
"""

import fcntl
import json
import logging
import re
import sys
import time
import traceback
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Thread
from typing import Any

from django.db import InterfaceError, OperationalError
from structlog.contextvars import get_contextvars

from speechstudio.error_place import ROOT, place
from speechstudio.log_filters import is_refusal
from speechstudio.log_lines import masked

EVERY_SECONDS = 3600
TAGS = ("request_id", "task", "of")
OF_REPORTING = ("sentry_sdk", "urllib3", "opentelemetry")  # loggers whose errors would be reported by themselves

NEVER = {"at": 0.0, "others": 0}

log = logging.getLogger(__name__)


@dataclass
class Report:
    """`chain`: the exceptions from the last to the first, each with its frames from the outermost to the innermost."""

    title: str
    logger: str
    tags: dict[str, str]
    chain: list[BaseException] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Equal for reports that are told once."""
        return sha256(f"{self.logger} {self.title}".encode()).hexdigest()[:32]


def report_of(record: logging.LogRecord) -> Report | None:
    """None for what is no error of ours, such as a request that was refused."""
    if is_refusal(record) or record.name.startswith(OF_REPORTING):
        return None
    bound = get_contextvars()
    tags = {name: str(bound[name]) for name in TAGS if name in bound}
    error = record.exc_info[1] if record.exc_info else None
    if error is None:  # the pattern of the sentence, without what is put into it
        return Report(masked(" ".join(str(record.msg).split())), record.name, tags)
    # A database that is away fails at many places at once, for one reason.
    where = "" if isinstance(error, OperationalError | InterfaceError) else f" in {place(error)}"
    return Report(f"{type(error).__name__}{where}", record.name, tags, _chain(error))


def frames_of(error: BaseException) -> list[traceback.FrameSummary]:
    return list(traceback.extract_tb(error.__traceback__))


def file_of(frame: traceback.FrameSummary) -> str:
    """Its path in the product, or in a package."""
    path = Path(frame.filename)
    if path.is_relative_to(ROOT) and ".venv" not in path.parts:
        return str(path.relative_to(ROOT))
    return frame.filename.rpartition("site-packages/")[2] if "site-packages/" in frame.filename else path.name


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


class ErrorMail(logging.Handler):
    """Sends ADMINS one mail an hour for each kind of error, however many processes of this machine have it.

    It takes a thread, because a page must not wait for a mail server.
    """

    def __init__(self, level: int = logging.ERROR, *, kept: Path) -> None:
        super().__init__(level)
        self._kept = kept
        self._known: dict[str, dict[str, Any]] = {}

    def emit(self, record: logging.LogRecord) -> None:
        try:
            report = report_of(record)
            if report and (others := self._others(report)) is not None:
                Thread(target=_send, args=[report, others], name="error-mail").start()
        except Exception:  # what fails here must not fail the request
            self.handleError(record)

    def _others(self, report: Report) -> int | None:
        """How many of its kind were not told since the last that was; None when this is another one of those."""
        try:
            self._kept.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._kept / report.kind).open("a+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                told, others = _next(_parsed(file.read()))
                file.truncate(0)
                json.dump(told, file)
                return others
        except OSError:  # a full disk: this process alone counts
            self._known[report.kind], others = _next(self._known.get(report.kind, NEVER))
            return others


def _next(told: dict[str, Any]) -> tuple[dict[str, Any], int | None]:
    """What is known after one more error of a kind, and how many others it stands for; None if it is not told."""
    now = time.time()
    if now - EVERY_SECONDS < told["at"] <= now:
        return {"at": told["at"], "others": told["others"] + 1}, None
    return {"at": now, "others": 0}, int(told["others"])


def _parsed(text: str) -> dict[str, Any]:
    try:
        return {**NEVER, **json.loads(text)}
    except (ValueError, TypeError):
        return NEVER


def _send(report: Report, others: int) -> None:
    from django.core.mail import mail_admins  # here, because settings name this module

    try:
        mail_admins(report.title, text_of(report, others))
    except Exception as error:
        log.warning("The e-mail about an error was not sent: %s", type(error).__name__)


def process() -> str:
    """What this process is: gunicorn, celery worker, celery beat, or a command of manage.py."""
    program, arguments = Path(sys.argv[0]), [one for one in sys.argv[1:] if re.fullmatch("[a-z_]+", one)]
    name = program.parent.name if program.name == "__main__.py" else program.name
    known = [one for one in arguments if one in ("worker", "beat")] if name == "celery" else arguments[:1]
    return " ".join([name, *(known if name in ("celery", "manage.py") else [])])


def text_of(report: Report, others: int) -> str:
    """The body of the mail."""
    lines = [f"Process: {process()}", f"Logger: {report.logger}"]
    lines += [f"{name.replace('_', ' ').capitalize()}: {value}" for name, value in report.tags.items()]
    for number, error in enumerate(report.chain):
        lines += ["", f"{'Because of' if number else 'Error'}: {type(error).__module__}.{type(error).__qualname__}"]
        lines += [f"  {file_of(frame)}, line {frame.lineno}, in {frame.name}" for frame in frames_of(error)]
    lines += ["", "The log has the rest under this time, and under the request ID if there is one."]
    lines += [f"{others} more of this kind have happened since the last e-mail about it."] if others else []
    return "\n".join([*lines, "An e-mail about this kind of error is sent once an hour at most.", ""])
