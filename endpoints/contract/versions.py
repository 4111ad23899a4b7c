"""The three versions: v3.2, and the later ones by their differences to it (Microsoft's migration guides)."""

from __future__ import annotations

from typing import NamedTuple

from . import operations
from .enums import CLOSED, LATER_CODES, OPEN
from .notation import without
from .operations import FILTERS
from .schemas import CUSTOM, DEFINITIONS, LOCALIZED, PROJECT

VERSIONS = ("v3.2", "2024-11-15", "2025-10-15")
PARTIALLY_KNOWN = ("Dataset", "Evaluation", "Transcription")


class VersionTables(NamedTuple):
    """The tables of a version. `open`: definitions that have properties which are not described here."""

    name: str
    entities: dict[str, str]
    closed_enums: dict[str, str]
    open_enums: dict[str, str]
    operations: str
    filters: dict[str, str]
    open: frozenset[str]


def dated(version: str) -> bool:
    """Whether a version is selected by the query parameter api-version; v3.2 is selected by the path."""
    return not version.startswith("v")


def base_path(version: str) -> str:
    return "/speechtotext" if dated(version) else f"/speechtotext/{version}"


def version(name: str) -> VersionTables:
    if name == "v3.2":
        operation_lines = (
            operations.ENDPOINTS + operations.LOGS + operations.MODELS + operations.PROJECTS + operations.WEB_HOOKS
        )
        return VersionTables(name, DEFINITIONS, CLOSED, OPEN, operation_lines, FILTERS, frozenset())
    error_codes = {"DetailedErrorCode": f"{OPEN['DetailedErrorCode']} {LATER_CODES[name]}"}
    entities = _without_projects()
    operation_lines = operations.ENDPOINTS + operations.MODELS + operations.WEB_HOOKS
    filters = FILTERS
    open_definitions = frozenset[str]()
    if name == "2025-10-15":
        entities = _with_projects_again(entities)
        operation_lines += operations.PROJECTS
        filters = FILTERS | {"project": f"{FILTERS['project']} foundryProjectName"}
        open_definitions = frozenset((*PARTIALLY_KNOWN, "ModelUpdate"))
    elif name != "2024-11-15":
        raise KeyError(name)
    return VersionTables(name, entities, CLOSED, OPEN | error_codes, operation_lines, filters, open_definitions)


def _without_projects() -> dict[str, str]:
    """2024-11-15: no projects, logs or text, one recognition link, other names for features and durations."""
    old = DEFINITIONS
    features = "supportsTranscriptionsSubmit:boolean! supportsTranscriptionsTranscribe:boolean!"
    changes = {
        "Endpoint": without(old["Endpoint"], "text", "project"),
        "EndpointUpdate": without(old["EndpointUpdate"], "project"),
        "EndpointProperties": without(old["EndpointProperties"], "timeToLive", "email"),
        "EndpointLinks!": "webSocket:uri!",
        "CustomModel": without(old["CustomModel"], "text", "project"),
        "CustomModelProperties": without(old["CustomModelProperties"], "email"),
        "CustomModelLinks!": without(old["CustomModelLinks!"], "copyTo"),
        "ModelUpdate": without(old["ModelUpdate"], "project"),
        "FileProperties": f"{without(old['FileProperties'], 'duration')} durationMilliseconds:int32!",
    }
    for name in ("BaseModelFeatures", "CustomModelFeatures!"):
        changes[name] = f"{features} {without(old[name], 'supportsTranscriptions')}"
    return old | changes


def _with_projects_again(old: dict[str, str]) -> dict[str, str]:
    """2025-10-15: projects without counts. The definitions in PARTIALLY_KNOWN are left open."""
    changes = {
        "Project": f"{without(old['Project'], 'properties')} foundryProjectName:string",
        "ProjectUpdate": f"{old['ProjectUpdate']} foundryProjectName:string",
        **{name: f"{old[name]} {PROJECT}" for name in ("Endpoint", "EndpointUpdate", "CustomModel")},
    }
    for name in PARTIALLY_KNOWN:
        changes[name] = f"{LOCALIZED} self:uri! status:Status createdDateTime:date-time! {PROJECT} {CUSTOM}"
    return old | changes
