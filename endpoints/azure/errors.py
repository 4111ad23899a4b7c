"""The exceptions of the client, as one tree.

    SpeechError
    |-- NotSent              nothing reached the service
    |-- NotSupported         this API version cannot do it; nothing was sent
    |-- VersionRetired       the service no longer supports this API version; nothing was done
    |-- WrongAddress         no API version answers at the resource's address; nothing was done
    |-- Refused              the service refused the request and did nothing (4xx)
    |   |-- Unauthorized     401: the key or token is wrong, or belongs to another resource
    |   |-- Forbidden        403: a network rule or a role forbids it
    |   |-- NotFound         404; only with `says_gone` the entity does not exist
    |   `-- Conflict         409
    |-- TooManyRequests      429: nothing was done; retry after retry_after seconds
    |-- OutcomeUnknown       it may or may not have been executed: check before a retry
    |   |-- ServiceFault     408 and 5xx
    |   |-- TimedOut         a read or write took too long, or the total deadline passed
    |   |-- ConnectionLost   the connection ended in the middle
    |   `-- Unreadable       there was a response, but it cannot be parsed
    |-- ForeignAddress       a link has an origin that is not allowed; it was not followed
    |-- IncompleteContent    fewer bytes were received than announced
    |-- ContentChanged       the content is no longer the one whose transfer was started
    `-- ContentExpired       the content URL is no longer valid; get_log() returns a new one

`str(error)` is a sentence for people. No error contains a key, a token or a content URL.
Invalid arguments (an id that is not a UUID, an unknown API version) raise ValueError before anything is sent.
"""

__all__ = [
    "Conflict",
    "ConnectionLost",
    "ContentChanged",
    "ContentExpired",
    "Forbidden",
    "ForeignAddress",
    "IncompleteContent",
    "NotFound",
    "NotSent",
    "NotSupported",
    "OutcomeUnknown",
    "Refused",
    "ServiceFault",
    "SpeechError",
    "TimedOut",
    "TooManyRequests",
    "Unauthorized",
    "Unreadable",
    "VersionRetired",
    "WrongAddress",
]


class SpeechError(Exception):
    """An operation failed; `operation` is the contract's operation id."""

    def __init__(self, sentence: str, *, operation: str) -> None:
        super().__init__(sentence)
        self.operation = operation

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments do not survive the default pickling, and task queues pickle exceptions.
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[SpeechError], args: tuple[object, ...], state: dict[str, object]) -> SpeechError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class NotSent(SpeechError):
    """No request reached the service: name lookup, connection or TLS failed, or the URL cannot be used."""


class NotSupported(SpeechError):
    """This API version has no such operation or property: see SpeechClient.capabilities. Nothing was sent."""


class VersionRetired(SpeechError):
    """The service does not support this API version (any more): nothing was done, and retries are useless.

    `supported` is a version that the resource answers in, if SpeechClient.explain() has found one.
    """

    def __init__(
        self, sentence: str, *, operation: str, version: str = "", status: int = 410, supported: str = ""
    ) -> None:
        super().__init__(sentence, operation=operation)
        self.version = version
        self.status = status
        self.supported = supported


class WrongAddress(SpeechError):
    """No API version answers at the address of the resource. Returned by SpeechClient.explain() only."""


class Refused(SpeechError):
    """A 4xx response with an error in a known format, so nothing was done.

    `code` is the contract's ErrorCode and `inner_code` its DetailedErrorCode; both are open enumerations.
    `gateway`: the error is in a format of the gateway in front of the service, which does not know entities.
    """

    def __init__(
        self,
        sentence: str,
        *,
        operation: str,
        status: int,
        code: str = "",
        inner_code: str = "",
        message: str = "",
        target: str = "",
        gateway: bool = False,
    ) -> None:
        super().__init__(sentence, operation=operation)
        self.status = status
        self.gateway = gateway
        self.code = code
        self.inner_code = inner_code
        self.message = message
        self.target = target


class Unauthorized(Refused):
    """401: the key or token is not accepted."""


class Forbidden(Refused):
    """403: the key is valid, but this is not allowed (role, network rule, tier)."""


class NotFound(Refused):
    """404: see `says_gone`."""

    @property
    def says_gone(self) -> bool:
        """Whether it is the service that says so, and of the entity: in the contract's format, with its code.

        Any other 404 may come from a wrong address, a retired version or a gateway.
        """
        return not self.gateway and self.code.casefold() == "notfound"


class Conflict(Refused):
    """409: the entity's present state does not allow it."""


class TooManyRequests(SpeechError):
    """429: nothing was done. `retry_after` is in seconds; None without a valid Retry-After."""

    def __init__(self, sentence: str, *, operation: str, retry_after: float | None = None) -> None:
        super().__init__(sentence, operation=operation)
        self.retry_after = retry_after


class OutcomeUnknown(SpeechError):
    """The request may have been executed. After a POST or PATCH check the state before a retry.

    `status` is that of the response if there was one, `location` the Location header of a 201.
    """

    def __init__(
        self, sentence: str, *, operation: str, status: int | None = None, location: str | None = None
    ) -> None:
        super().__init__(sentence, operation=operation)
        self.status = status
        self.location = location


class ServiceFault(OutcomeUnknown):
    """408 or 5xx. `retry_after` as in TooManyRequests; `code` and `message` if the service sent them."""

    def __init__(
        self,
        sentence: str,
        *,
        operation: str,
        status: int | None = None,
        location: str | None = None,
        retry_after: float | None = None,
        code: str = "",
        message: str = "",
    ) -> None:
        super().__init__(sentence, operation=operation, status=status, location=location)
        self.retry_after = retry_after
        self.code = code
        self.message = message


class TimedOut(OutcomeUnknown):
    """The response did not begin or end in time."""


class ConnectionLost(OutcomeUnknown):
    """The connection was reset or closed, or the protocol was not HTTP."""


class Unreadable(OutcomeUnknown):
    """The response does not follow the contract: malformed, too large, compressed, a redirect, wrong types."""


class ForeignAddress(SpeechError):
    """A link in a response has another origin. Neither key nor token was sent there."""


class IncompleteContent(SpeechError):
    """The connection ended before the announced length. `received` counts the bytes of this transfer only."""

    def __init__(self, sentence: str, *, operation: str, received: int, promised: int | None) -> None:
        super().__init__(sentence, operation=operation)
        self.received = received
        self.promised = promised


class ContentChanged(SpeechError):
    """The content at this URL has changed: start again at offset 0."""


class ContentExpired(SpeechError):
    """The content URL is not accepted (any more); `get_log()` returns a new one."""
