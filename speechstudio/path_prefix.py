"""A path in front of all addresses, such as /studio, for a proxy that has other programs on the same host."""

from collections.abc import Callable, Iterable
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def without_prefix(prefix: str, application: Application) -> Application:
    """Remove `prefix` from the paths of requests that have it.

    A proxy may pass it on or remove it, and health checks that come directly do not have it. Django adds it to
    addresses because of FORCE_SCRIPT_NAME.
    """

    def inner(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if f"{environ['PATH_INFO']}/".startswith(f"{prefix}/"):
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(prefix) or "/"
        return application(environ, start_response)

    return inner if prefix else application
