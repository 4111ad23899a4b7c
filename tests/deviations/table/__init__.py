"""All modes, by topic."""

from tests.deviations.mode import Mode

from . import catalog, endpoints

TOPICS: dict[str, list[Mode]] = {
    "Endpoints": endpoints.MODES,
    "Models and projects": catalog.MODES,
}
ALL = [mode for modes in TOPICS.values() for mode in modes]
