"""Whoever wants to know about each request that was sent: how it ended, and how long the service made us wait."""

from typing import Protocol

from . import errors

_WORDS = {errors.NotSent: "unreachable", errors.TimedOut: "timeout", errors.ConnectionLost: "lost"}


class Observer(Protocol):
    """Threads may call it at the same time."""

    def called(self, operation: str, status: str) -> None:
        """A request was sent, a repeated one too. `status`: see outcome_of; 2xx by its number."""

    def waited(self, seconds: float) -> None:
        """A request waits for so long, because the service has answered 429."""


class Unobserved:
    def called(self, operation: str, status: str) -> None:
        pass

    def waited(self, seconds: float) -> None:
        pass


def outcome_of(error: errors.SpeechError) -> str:
    """The status of the answer; without one "unreachable", "timeout" or "lost"; "unreadable" for any other answer."""
    if isinstance(error, errors.TooManyRequests):
        return "429"
    status = getattr(error, "status", None)
    if status is not None and 100 <= status < 600:
        return str(status)
    return next((word for kind, word in _WORDS.items() if isinstance(error, kind)), "unreadable")
