"""What can go wrong, as one tree.

    SpeechError
    |-- NotSent              nothing reached the service
    |-- NotSupported         this API version cannot do it; nothing was sent
    |-- VersionRetired       the service no longer speaks this API version; nothing was done
    |-- Refused              the service said no and did nothing (4xx)
    |   |-- Unauthorized     401: the key or token is wrong, or belongs to another resource
    |   |-- Forbidden        403: a network rule or a role forbids it
    |   |-- NotFound         404
    |   `-- Conflict         409
    |-- TooManyRequests      429: nothing was done; ask again after retry_after seconds
    |-- OutcomeUnknown       it may or may not have been carried out: look before asking again
    |   |-- ServiceFault     408 and 5xx
    |   |-- TimedOut         a read or write took too long, or the total deadline passed
    |   |-- ConnectionLost   the connection ended in the middle
    |   `-- Unreadable       there was an answer, but it cannot be understood
    |-- ForeignAddress       a link leads to where it may not lead; it was not followed
    |-- IncompleteContent    fewer bytes came than were promised
    |-- ContentChanged       the content is not the one that was begun
    `-- ContentExpired       the content's address is no longer valid; ask get_log() for a new one

`str(error)` is a sentence for people. No error carries a key, a token or a content address.
Mistakes of the caller (an id that is no UUID, an unknown API version) are ValueErrors, raised before anything is sent.
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
]


class SpeechError(Exception):
    """Anything that kept an operation from its result; `operation` is the contract's operation id."""

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
    """No request reached the service: name lookup, connecting, TLS, or an address that cannot be used."""


class NotSupported(SpeechError):
    """This API version has no such operation or property: see SpeechClient.capabilities. Nothing was sent."""


class VersionRetired(SpeechError):
    """The service no longer speaks this API version, or not yet: nothing was done, and asking again is useless."""

    def __init__(self, sentence: str, *, operation: str, version: str = "", status: int = 410) -> None:
        super().__init__(sentence, operation=operation)
        self.version = version
        self.status = status


class Refused(SpeechError):
    """The service answered 4xx with an error it wrote itself, so nothing was done.

    `code` is the contract's ErrorCode and `inner_code` its DetailedErrorCode; both are open enumerations.
    `gateway`: the error has the shape of the gateway in front of the service, which knows nothing of entities.
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
    """403: the key is known, but this is not allowed (role, network rule, tier)."""


class NotFound(Refused):
    """404: there is no such entity (any more)."""


class Conflict(Refused):
    """409: the entity's present state does not allow it."""


class TooManyRequests(SpeechError):
    """429: nothing was done. `retry_after` is in seconds; None when the service named no usable time."""

    def __init__(self, sentence: str, *, operation: str, retry_after: float | None = None) -> None:
        super().__init__(sentence, operation=operation)
        self.retry_after = retry_after


class OutcomeUnknown(SpeechError):
    """The request may have been carried out. After a POST or PATCH: look first, never just ask again.

    `status` is the answer's status when one arrived, `location` the Location header of a 201.
    """

    def __init__(
        self, sentence: str, *, operation: str, status: int | None = None, location: str | None = None
    ) -> None:
        super().__init__(sentence, operation=operation)
        self.status = status
        self.location = location


class ServiceFault(OutcomeUnknown):
    """408 or 5xx. `retry_after` as in TooManyRequests; `code` and `message` when the service gave them."""

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
    """The answer did not come, or did not end, in time."""


class ConnectionLost(OutcomeUnknown):
    """The connection was reset, closed, or did not speak HTTP."""


class Unreadable(OutcomeUnknown):
    """The answer is not what the contract says: malformed, too large, encoded, redirected, of wrong types."""


class ForeignAddress(SpeechError):
    """A link in an answer leads to another origin. Neither key nor token was sent there."""


class IncompleteContent(SpeechError):
    """The connection ended before the promised length. `received` counts bytes of this transfer alone."""

    def __init__(self, sentence: str, *, operation: str, received: int, promised: int | None) -> None:
        super().__init__(sentence, operation=operation)
        self.received = received
        self.promised = promised


class ContentChanged(SpeechError):
    """The content behind the address is another one than before: begin again at offset 0."""


class ContentExpired(SpeechError):
    """The content's address is not accepted (any more); `get_log()` gives a new one."""
