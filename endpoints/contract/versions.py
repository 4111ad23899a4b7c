"""The three versions: v3.2 as it is, the later ones as its differences (api-facts 13, 14)."""

from __future__ import annotations

from typing import NamedTuple

from . import operations
from .enums import CLOSED, LATER_CODES, OPEN
from .notation import without
from .operations import FILTERS
from .schemas import CUSTOM, ENTITIES, NAMED_HERE, PROJECT

VERSIONS = ("v3.2", "2024-11-15", "2025-10-15")
SIMPLER = ("Dataset", "Evaluation", "Transcription")


class Version(NamedTuple):
    """`open`: definitions of which a version is known to have more than is stated here."""

    name: str
    entities: dict[str, str]
    closed_enums: dict[str, str]
    open_enums: dict[str, str]
    operations: str
    filters: dict[str, str]
    open: frozenset[str]


def dated(version: str) -> bool:
    """Later versions are chosen by the query parameter api-version, v3.2 by the path."""
    return not version.startswith("v")


def base_path(version: str) -> str:
    return "/speechtotext" if dated(version) else f"/speechtotext/{version}"


def version(name: str) -> Version:
    if name == "v3.2":
        rows = operations.ENDPOINTS + operations.LOGS + operations.MODELS + operations.PROJECTS + operations.WEB_HOOKS
        return Version(name, ENTITIES, CLOSED, OPEN, rows, FILTERS, frozenset())
    codes = {"DetailedErrorCode": f"{OPEN['DetailedErrorCode']} {LATER_CODES[name]}"}
    entities = _without_projects()
    rows = operations.ENDPOINTS + operations.MODELS + operations.WEB_HOOKS
    filters = FILTERS
    loose = frozenset[str]()
    if name == "2025-10-15":
        entities = _with_projects_again(entities)
        rows += operations.PROJECTS
        filters = FILTERS | {"project": f"{FILTERS['project']} foundryProjectName"}
        loose = frozenset((*SIMPLER, "ModelUpdate"))
    elif name != "2024-11-15":
        raise KeyError(name)
    return Version(name, entities, CLOSED, OPEN | codes, rows, filters, loose)


def _without_projects() -> dict[str, str]:
    """2024-11-15: no projects, no logs, no text, one link to recognition, other names for features and durations."""
    old = ENTITIES
    features = "supportsTranscriptionsSubmit:boolean! supportsTranscriptionsTranscribe:boolean!"
    changed = {
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
        changed[name] = f"{features} {without(old[name], 'supportsTranscriptions')}"
    return old | changed


def _with_projects_again(old: dict[str, str]) -> dict[str, str]:
    """2025-10-15: projects without counts. What it says of data sets and the like is not known here: left open."""
    changed = {
        "Project": f"{without(old['Project'], 'properties')} foundryProjectName:string",
        "ProjectUpdate": f"{old['ProjectUpdate']} foundryProjectName:string",
        **{name: f"{old[name]} {PROJECT}" for name in ("Endpoint", "EndpointUpdate", "CustomModel")},
    }
    for name in SIMPLER:
        changed[name] = f"{NAMED_HERE} self:uri! status:Status createdDateTime:date-time! {PROJECT} {CUSTOM}"
    return old | changed
