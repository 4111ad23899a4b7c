"""A client of Azure's Speech to text REST API, usable by itself. See README.md, and errors.py for what goes wrong."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import identity
from .entities import (
    EVENTS,
    Dataset,
    Endpoint,
    EndpointCreate,
    EndpointUpdate,
    EntityError,
    LogFile,
    LogPage,
    Model,
    Project,
    UnreadableItem,
    WebHook,
    WebHookCreate,
    WebHookUpdate,
)
from .errors import (
    Conflict,
    ConnectionLost,
    ContentChanged,
    ContentExpired,
    Forbidden,
    ForeignAddress,
    IncompleteContent,
    NotFound,
    NotSent,
    NotSupported,
    OutcomeUnknown,
    Refused,
    ServiceFault,
    SpeechError,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Unreadable,
    VersionRetired,
    WrongAddress,
)
from .times import utc
from .versions import VERSIONS, Capabilities

if TYPE_CHECKING:
    from .client import SpeechClient
    from .container import LogContainer
    from .content import Content
    from .credentials import Credential
    from .wire import quote

# Imported when they are first used, because httpx takes 0.3 s and 25 MiB, which a process that needs only errors and
# entities, such as the web server, does not spend.
_LAZY = {
    "Content": ".content",
    "Credential": ".credentials",
    "LogContainer": ".container",
    "SpeechClient": ".client",
    "quote": ".wire",
}

__all__ = [
    "EVENTS",
    "VERSIONS",
    "Capabilities",
    "Conflict",
    "ConnectionLost",
    "Content",
    "ContentChanged",
    "ContentExpired",
    "Credential",
    "Dataset",
    "Endpoint",
    "EndpointCreate",
    "EndpointUpdate",
    "EntityError",
    "Forbidden",
    "ForeignAddress",
    "IncompleteContent",
    "LogContainer",
    "LogFile",
    "LogPage",
    "Model",
    "NotFound",
    "NotSent",
    "NotSupported",
    "OutcomeUnknown",
    "Project",
    "Refused",
    "ServiceFault",
    "SpeechClient",
    "SpeechError",
    "TimedOut",
    "TooManyRequests",
    "Unauthorized",
    "Unreadable",
    "UnreadableItem",
    "VersionRetired",
    "WebHook",
    "WebHookCreate",
    "WebHookUpdate",
    "WrongAddress",
    "identity",
    "quote",
    "utc",
]


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name], __name__), name)
