"""The file that worker and beat touch while they work (ALIVE_FILE): an engine that runs them looks at its age."""

from contextlib import suppress
from pathlib import Path

from django.conf import settings

SECONDS = 5  # between two times


def touch() -> None:
    """A file that can't be written grows old, which is what the engine then sees."""
    if settings.ALIVE_FILE:
        with suppress(OSError):
            Path(settings.ALIVE_FILE).touch()
