"""Reads projects and their datasets; see wire.py."""

from typing import Any

from .entities import Dataset, Project
from .reading import Fields, own_id
from .wire import LONGEST_STATUS, named


def project(value: Any) -> Project:
    """Projects_Get, an item of Projects_List."""
    identity, fields = own_id(value), Fields(value)
    counts = fields.nested("properties")  # v3.2
    display_name, locale = named(fields, identity)
    return Project(
        id=identity,
        display_name=display_name,
        locale=locale,
        description=fields.text("description") or "",
        created=fields.time("createdDateTime"),
        dataset_count=counts.whole("datasetCount"),
        evaluation_count=counts.whole("evaluationCount"),
        model_count=counts.whole("modelCount"),
        transcription_count=counts.whole("transcriptionCount"),
        endpoint_count=counts.whole("endpointCount"),
        foundry_project=fields.text("foundryProjectName") or "",  # 2025-10-15
        unread=frozenset(fields.unread),
    )


def dataset(value: Any) -> Dataset:
    """An item of Projects_ListDatasets."""
    identity, fields = own_id(value), Fields(value)
    display_name, locale = named(fields, identity)
    return Dataset(
        id=identity,
        display_name=display_name,
        locale=locale,
        kind=fields.text("kind", LONGEST_STATUS) or "",
        description=fields.text("description") or "",
        status=fields.text("status", LONGEST_STATUS) or "",
        project_id=fields.id("project"),
        created=fields.time("createdDateTime"),
    )
