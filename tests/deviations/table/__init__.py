"""All modes, by topic."""

from tests.deviations.mode import Mode

from . import bodies, catalog, changes, endpoints, hooks, limits, links, logs, versions

TOPICS: dict[str, list[Mode]] = {
    "Endpoints": endpoints.MODES,
    "Models and projects": catalog.MODES,
    "Links and redirects": links.MODES,
    "Answers of the gateway": bodies.MODES,
    "API versions": versions.MODES,
    "Changes": changes.MODES,
    "Content logs": logs.MODES,
    "Web hooks": hooks.MODES,
    "Limits": limits.MODES,
    "Lists that arrive late": limits.LATE,
}
ALL = [mode for modes in TOPICS.values() for mode in modes]
