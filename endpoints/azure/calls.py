"""What is told of each request to the service: a line of the log, and a `Call` to those who listen.

Never the address, which may be signed, nor a header or body. `service_request_id` is the id under which the service
knows the request; its support asks for it.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import stamina.instrumentation
from msgspec import Struct

# The gateway in front of the service says apim-request-id, Azure Storage x-ms-request-id.
ID_HEADERS = ("apim-request-id", "x-ms-request-id")
LONGEST_ID = 100

log = logging.getLogger(__name__)


class Call(Struct):
    """One request: `operation` of the contract, times in nanoseconds since 1970, and how it ended.

    `status`: 0 without an answer. `error`: the name of the exception, "" for none.
    """

    operation: str
    method: str
    began: int
    ended: int = 0
    status: int = 0
    service_request_id: str = ""
    error: str = ""

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.service_request_id = next((headers[name] for name in ID_HEADERS if headers.get(name)), "")[:LONGEST_ID]


listeners: list[Callable[[Call], None]] = []


@contextmanager
def told(operation: str, method: str) -> Iterator[Call]:
    """Tell of a request when the block ends, whether by its answer or by an exception."""
    call = Call(operation, method, time.time_ns())
    try:
        yield call
    except Exception as error:
        call.error = type(error).__name__
        raise
    finally:
        call.ended = time.time_ns()
        _write(call)
        for listener in listeners:
            listener(call)


def _write(call: Call) -> None:
    """What only reads and succeeds is told below INFO: it repeats for as long as the product runs."""
    level = logging.DEBUG if call.method == "GET" and not call.error else logging.INFO
    ended = {"status": call.status, "service_request_id": call.service_request_id, "error": call.error}
    known = {name: value for name, value in ended.items() if value}
    known |= {"operation": call.operation, "method": call.method, "ms": round((call.ended - call.began) / 1e6, 1)}
    log.log(level, "%s %s", call.method, call.operation, extra=known)


def _write_retry(details: stamina.instrumentation.RetryDetails) -> None:
    """stamina's own hooks would write the sentence of the error, which may have what the service says."""
    error = details.caused_by
    told = {"operation": getattr(error, "operation", ""), "error": type(error).__name__, "retry": details.retry_num}
    told |= {name: value for name in ("status",) if (value := getattr(error, name, None))}
    log.warning("Retry of %s", told["operation"], extra=told | {"wait": round(details.wait_for, 3)})


stamina.instrumentation.set_on_retry_hooks([_write_retry])
