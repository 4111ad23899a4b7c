"""Content logs in a container of Azure Blob storage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, StorageErrorCode
from storages.backends.azure_storage import AzureStorage
from storages.utils import clean_name

from endpoints.logs.storage.remote import Fetch, RemoteStorage


class AzureBlob(RemoteStorage, AzureStorage):  # type: ignore[misc]  # the library has no types
    @contextmanager
    def refusals(self) -> Iterator[None]:
        try:
            yield
        except ResourceNotFoundError as error:
            no_container = getattr(error, "error_code", "") == StorageErrorCode.CONTAINER_NOT_FOUND
            raise (OSError if no_container else FileNotFoundError)(error.message) from error
        except AzureError as error:
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
        with self.refusals():
            for one in self.client.walk_blobs(folder, delimiter="/", timeout=self.timeout):
                found = folders if isinstance(one, BlobPrefix) else files
                found.append(one.name.removeprefix(folder).rstrip("/"))
        return folders, files
