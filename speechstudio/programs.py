"""Settings of the API for programs."""

from typing import Any

from speechstudio.application_threads import THREADS
from speechstudio.environment import Environment


def settings(env: Environment) -> dict[str, Any]:
    """By their names. WAITING_REQUESTS: how many a web process holds until a change moves."""
    return {
        "API_REQUESTS_PER_MINUTE": env.int("API_REQUESTS_PER_MINUTE", default=600),  # of a token
        "WAITING_REQUESTS": THREADS // 4,
    }
