"""A WSGI application that does nothing but answer."""

from collections.abc import Callable
from typing import Any


def page(_environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
