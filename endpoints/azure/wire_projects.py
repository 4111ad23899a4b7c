"""Parses projects and their datasets; see wire.py."""

from .entities import Dataset, Project
from .times import moment
from .wire import Camel, Reference, decoded, id_of, own_id


class _Counts(Camel):
    dataset_count: int | None = None
    evaluation_count: int | None = None
    model_count: int | None = None
    transcription_count: int | None = None
    endpoint_count: int | None = None


class _Project(Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    created_date_time: str | None = None
    foundry_project_name: str | None = None  # 2025-10-15
    properties: _Counts | None = None  # v3.2


class _Dataset(Camel):
    self: str
    display_name: str
    locale: str
    kind: str
    description: str | None = None
    status: str | None = None
    project: Reference | None = None
    created_date_time: str | None = None


def project(data: bytes) -> Project:
    """Projects_Get, an item of Projects_List."""
    parsed = decoded(data, _Project)
    counts = parsed.properties or _Counts()
    return Project(
        id=own_id(parsed.self),
        display_name=parsed.display_name,
        locale=parsed.locale,
        description=parsed.description or "",
        created=moment(parsed.created_date_time),
        dataset_count=counts.dataset_count,
        evaluation_count=counts.evaluation_count,
        model_count=counts.model_count,
        transcription_count=counts.transcription_count,
        endpoint_count=counts.endpoint_count,
        foundry_project=parsed.foundry_project_name or "",
    )


def dataset(data: bytes) -> Dataset:
    """An item of Projects_ListDatasets."""
    parsed = decoded(data, _Dataset)
    return Dataset(
        id=own_id(parsed.self),
        display_name=parsed.display_name,
        locale=parsed.locale,
        kind=parsed.kind,
        description=parsed.description or "",
        status=parsed.status or "",
        project_id=id_of(parsed.project),
        created=moment(parsed.created_date_time),
    )
