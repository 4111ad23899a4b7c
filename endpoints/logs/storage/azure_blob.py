"""Content logs in a container of Azure Blob storage."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, BlobServiceClient, StorageErrorCode
from storages.backends.azure_storage import AzureStorage
from storages.utils import clean_name

from endpoints.azure.identity import library_options
from endpoints.azure.network import Network
from endpoints.logs.storage.remote import Fetch, RemoteStorage

FORBIDDEN = 403
AT_ONCE = 8 * 1024 * 1024  # bytes: a larger file is sent in blocks; the library would hold 64 MiB in memory


class AzureBlob(RemoteStorage, AzureStorage):  # type: ignore[misc]  # the library has no types
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_options: dict[str, Any] = {"max_single_put_size": AT_ONCE, **self.client_options}
        if self.network:
            host = f"{self.account_name}.blob.{self.endpoint_suffix}"
            rules = library_options(Network(**self.network), host)
            self.client_options = {**rules, **self.client_options}

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "network": None}

    def _get_service_client(self) -> Any:
        if self.connection_string is None:
            return super()._get_service_client()
        return BlobServiceClient.from_connection_string(self.connection_string, **self.client_options)

    def servers(self) -> list[str]:
        return [urlsplit(self.service_client.primary_endpoint).hostname or ""]

    @contextmanager
    def refusals(self) -> Iterator[None]:
        try:
            yield
        except ResourceNotFoundError as error:
            no_container = getattr(error, "error_code", "") == StorageErrorCode.CONTAINER_NOT_FOUND
            raise OSError(errno.ENODEV, error.message) if no_container else FileNotFoundError(error.message) from error
        except AzureError as error:
            if getattr(error, "status_code", None) == FORBIDDEN:
                raise PermissionError(errno.EACCES, error.message) from error
            raise OSError(error.message) from error

    def found(self, name: str) -> tuple[int, Fetch]:
        blob = self.client.get_blob_client(self._get_valid_path(name))

        def fetch(first: int, count: int) -> bytes:
            return bytes(blob.download_blob(first, count, timeout=self.timeout).readall())

        return blob.get_blob_properties(timeout=self.timeout).size, fetch

    def remove(self, name: str) -> None:
        self.client.delete_blob(self._get_valid_path(name), timeout=self.timeout)

    def listdir(self, path: str = "") -> tuple[list[str], list[str]]:
        """One folder; the library's own method lists everything below it, and no folders."""
        folder = self._normalize_name(clean_name(path))
        folder += "/" if folder and not folder.endswith("/") else ""
        folders: list[str] = []
        files: list[str] = []
        with self.working():
            for one in self.client.walk_blobs(folder, delimiter="/", timeout=self.timeout):
                found = folders if isinstance(one, BlobPrefix) else files
                found.append(one.name.removeprefix(folder).rstrip("/"))
        return folders, files
