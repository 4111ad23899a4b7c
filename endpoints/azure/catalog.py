"""Operations on models, projects and their datasets (contract: Models_*, Projects_*); methods of SpeechClient."""

from typing import Any

from . import wire
from .addresses import uuid_id
from .base_client import BaseClient
from .entities import Dataset, Model, Project
from .listing import Listing


def list_base_models(client: BaseClient, filter: str | None = None) -> Listing[Model]:
    """Models_ListBaseModels, page by page like list_endpoints()."""
    return client.items("Models_ListBaseModels", "/models/base", {"filter": filter}, _base, lambda item: item.id)


def get_base_model(client: BaseClient, id: str) -> Model:
    """Models_GetBaseModel."""
    return client.get("Models_GetBaseModel", f"/models/base/{uuid_id(id, 'a model')}", _base)


def list_custom_models(client: BaseClient, filter: str | None = None) -> Listing[Model]:
    """Models_ListCustomModels, page by page like list_endpoints()."""
    return client.items("Models_ListCustomModels", "/models", {"filter": filter}, _custom, lambda item: item.id)


def get_custom_model(client: BaseClient, id: str) -> Model:
    """Models_GetCustomModel."""
    return client.get("Models_GetCustomModel", f"/models/{uuid_id(id, 'a model')}", _custom)


def delete_custom_model(client: BaseClient, id: str) -> None:
    """Models_Delete: 204 also for a missing model. Refused (InUseViolation) is likely while an endpoint uses it."""
    client.delete("Models_Delete", f"/models/{uuid_id(id, 'a model')}", "the model")


def list_projects(client: BaseClient, filter: str | None = None) -> Listing[Project]:
    """Projects_List, page by page like list_endpoints(). Not in 2024-11-15."""
    client.require(client.version.capabilities.projects, "projects", "Projects_List")
    return client.items("Projects_List", "/projects", {"filter": filter}, _project, lambda item: item.id)


def get_project(client: BaseClient, id: str) -> Project:
    """Projects_Get. Not in 2024-11-15."""
    client.require(client.version.capabilities.projects, "projects", "Projects_Get")
    return client.get("Projects_Get", f"/projects/{uuid_id(id, 'a project')}", _project)


def list_project_datasets(client: BaseClient, project_id: str, filter: str | None = None) -> Listing[Dataset]:
    """Projects_ListDatasets, page by page like list_endpoints(). Not in 2024-11-15."""
    operation = "Projects_ListDatasets"
    client.require(client.version.capabilities.projects, "projects", operation)
    path = f"/projects/{uuid_id(project_id, 'a project')}/datasets"
    return client.items(operation, path, {"filter": filter}, _dataset, lambda item: item.id)


def _base(value: Any, retry_after: float | None) -> Model:
    return wire.model(value, "base")


def _custom(value: Any, retry_after: float | None) -> Model:
    return wire.model(value, "custom")


def _project(value: Any, retry_after: float | None) -> Project:
    return wire.project(value)


def _dataset(value: Any, retry_after: float | None) -> Dataset:
    return wire.dataset(value)
