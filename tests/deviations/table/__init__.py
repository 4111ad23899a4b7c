"""All modes, by topic."""

from typing import Any

import pytest

from tests.deviations.mode import Mode

from . import bodies, catalog, changes, endpoints, hooks, limits, links, logs, versions

LISTS: dict[str, list[Mode]] = {
    "Endpoints": endpoints.MODES,
    "Models and projects": catalog.MODES,
    "Links and redirects": links.MODES,
    "Answers of the gateway": bodies.MODES,
}
ACTIONS = {
    "API versions": versions.MODES,
    "Changes": changes.MODES,
    "Content logs": logs.MODES,
    "Web hooks": hooks.MODES,
    "Limits": limits.MODES,
}
LATE = {"Lists that arrive late": limits.LATE}
TOPICS = LISTS | ACTIONS | LATE
ALL = [mode for modes in TOPICS.values() for mode in modes]


def parameters(topics: dict[str, list[Mode]]) -> list[Any]:
    """One parameter of a test for each mode."""
    return [pytest.param(mode, id=mode.name) for modes in topics.values() for mode in modes]
