"""What a line of the log looks like, as text or JSON, and what is never in it.

A line is what was said, with fields behind it: those of FIELDS that the call gives as `extra`, and those that are bound
for a whole request or task (structlog's context variables): request_id, task, of, resource.
"""

import json
import logging
import re
from datetime import UTC, datetime
from traceback import format_exception
from typing import Any

import structlog
from structlog.typing import EventDict

TEXT, JSON = "text", "json"
FORMATS = (TEXT, JSON)
LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR")  # the first is the default

# Fields that a call may give. Libraries give others, such as whole requests with their addresses and bodies.
FIELDS = (
    *("method", "path", "status", "ms", "bytes", "user"),
    *("operation", "service_request_id", "error", "retry", "wait"),
)
IN_TEXT_ALREADY = frozenset({"method", "path", "operation"})  # the sentence has them
LAST = ("resource", "task", "of", "request_id", "traceparent")

# Of what people or libraries put into sentences: names in paths, addresses of mail, secrets in addresses, and what
# PostgreSQL and gunicorn add.
_HIDDEN = re.compile(
    r"(?P<path>/people/(?:groups/)?|/hooks/speech/|/sign-in/reset/|/addresses/)(?!groups/|new/|sent/|done/)[^/?\n]+"
    r"|(?P<name>\b(?i:sig|token|key|code|password|secret)=)[^&\s'\"]+"
    r"|(?P<header>(?i:subscription-key|authorization)\b['\"]?[ :]+['\"]?(?:(?i:bearer|basic) )?)[^\s'\"]+"
    r"|(?P<detail>\bDETAIL: ).*"
    r"|(?P<ip>\bip=)[\w.:]*\w"
)
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_PLAIN = re.compile(r"[\w./:+%…-]+")


def masked(text: str) -> str:
    """Without what no line may have. Secrets of the product are in no sentence in the first place."""
    text = _HIDDEN.sub(lambda found: f"{found[found.lastgroup or 0]}…", text)
    return _MAIL.sub("…", text) if "@" in text else text


def formatter(form: str) -> logging.Formatter:
    """For all handlers that write lines; `form` is one of FORMATS."""
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    fields = structlog.stdlib.ExtraAdder(allow=FIELDS)
    rendered = _as_json if form == JSON else _as_text
    return structlog.stdlib.ProcessorFormatter(
        processors=[fields, structlog.contextvars.merge_contextvars, _without_secrets, rendered]
    )


def _without_secrets(_logger: Any, _name: str, event: EventDict) -> EventDict:
    if error := event.pop("exc_info", None):
        error = error if isinstance(error, tuple) else event["_record"].exc_info
        event["exception"] = "".join(format_exception(*error)).rstrip() if error and error[0] else ""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = masked(value)
    return event


def _as_text(_logger: Any, _name: str, event: EventDict) -> str:
    record, exception = event["_record"], event.pop("exception", "")
    fields = [f"{name}={_quoted(event[name])}" for name in _in_order(event) if name not in IN_TEXT_ALREADY]
    began = datetime.fromtimestamp(record.created).astimezone()
    time = f"{began:%Y-%m-%d %H:%M:%S},{began.microsecond // 1000:03}"
    line = " ".join([f"{time} {record.levelname} {record.name}: {_in_one_line(str(event['event']))}", *fields])
    # Indented, so that nothing in it looks like a line of its own.
    return line + "".join(f"\n  {_in_one_line(one)}" for one in exception.splitlines())


def _as_json(_logger: Any, _name: str, event: EventDict) -> str:
    record = event["_record"]
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line = {"time": time, "level": record.levelname, "logger": record.name, "event": str(event["event"]).strip()}
    line |= {name: event[name] for name in _in_order(event)}
    return json.dumps(line | ({"exception": event["exception"]} if event.get("exception") else {}), default=str)


def _in_order(event: EventDict) -> list[str]:
    own = ("event", "exception", "level", "stack_info")
    first = [name for name in event if name not in LAST and name not in own and not name.startswith("_")]
    return first + [name for name in LAST if name in event]


def _in_one_line(text: str) -> str:
    """With the escapes of Python for characters that end a line or turn its direction."""
    text = text.strip("\n ") if text[:1] == "\n" or text[-1:] == "\n" else text
    return text if text.isprintable() else _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def _quoted(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=not text.isprintable())
