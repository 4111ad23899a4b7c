"""A client of Azure's Speech to text REST API, usable by itself. See README.md, and errors.py for what goes wrong."""

from .client import SpeechClient
from .content import Content
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
    OutcomeUnknown,
    Refused,
    ServiceFault,
    SpeechError,
    TimedOut,
    TooManyRequests,
    Unauthorized,
    Unreadable,
)
from .nouns import Endpoint, EndpointCreate, EndpointUpdate, EntityError, LogFile, LogPage, Model, Project
from .times import utc
from .wire import quote

__all__ = [
    "Conflict",
    "ConnectionLost",
    "Content",
    "ContentChanged",
    "ContentExpired",
    "Endpoint",
    "EndpointCreate",
    "EndpointUpdate",
    "EntityError",
    "Forbidden",
    "ForeignAddress",
    "IncompleteContent",
    "LogFile",
    "LogPage",
    "Model",
    "NotFound",
    "NotSent",
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
    "quote",
    "utc",
]
