"""What S3 and Azure Blob storages have in common here: they are read in ranges, and refuse by OSError."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.files import File
from django.core.files.storage import Storage

from endpoints.azure.guard import guarded
from endpoints.azure.network import Network, proxy_host

# Where a machine gets its own credentials: virtual machines of Azure and AWS, containers of AWS, and what the platform
# says in these variables.
IDENTITY = ("169.254.169.254", "169.254.170.2", "169.254.170.23")
IDENTITY_URLS = ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
Fetch = Callable[[int, int], bytes]  # from which byte on, and how many


def _refusing(name: str) -> Any:
    """The library's method `name`, with errors as OSError."""

    def call(storage: RemoteStorage, *arguments: Any) -> Any:
        with storage.working():
            return getattr(super(RemoteStorage, storage), name)(*arguments)

    return call


class RemoteStorage(Storage):
    """In front of a storage of django-storages, which reads a whole file for each range and has errors of its own.

    Its option `network` has the fields of a Network, which holds for the library's connections; without it they are
    made as the library makes them.
    """

    network: Mapping[str, Any] | None = None

    def servers(self) -> list[str]:
        """The hosts that the options name, which may be in a private network."""
        raise NotImplementedError

    @contextmanager
    def working(self) -> Iterator[None]:
        """All calls of the library: connections lead only where they may, and errors are OSError."""
        with self._guard(), self.refusals():
            yield

    def _guard(self) -> AbstractContextManager[None]:
        if not self.network:
            return nullcontext()
        network = Network(**self.network)
        # All addresses are from settings here, so it does no harm to name the proxy for direct connections, too.
        return guarded(network, proxy_host(network.proxy), *self.servers(), *_identity_servers())

    def refusals(self) -> AbstractContextManager[None]:
        """Turn the library's errors into OSError, and into FileNotFoundError when the file alone is missing."""
        raise NotImplementedError

    def found(self, name: str) -> tuple[int, Fetch]:
        """The size of a file in bytes, and how to fetch ranges of it."""
        raise NotImplementedError

    def remove(self, name: str) -> None:
        """Delete a file; it may raise FileNotFoundError when there is none."""
        raise NotImplementedError

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        """For reading only: a file is saved whole or not at all."""
        if mode != "rb":
            raise ValueError(mode)
        with self.working():
            size, fetch = self.found(name)

        def fetched(first: int, count: int) -> bytes:
            with self.working():
                return fetch(first, count)

        return File(RangeReader(size, fetched), name)  # type: ignore[arg-type]  # it reads, and is no text

    _save, exists, size, listdir, get_modified_time = map(
        _refusing, ("_save", "exists", "size", "listdir", "get_modified_time")
    )

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError), self.working():
            self.remove(name)


def _identity_servers() -> list[str]:
    return [*IDENTITY, *(urlsplit(os.environ.get(name, "")).hostname or "" for name in IDENTITY_URLS)]


class RangeReader(io.RawIOBase):
    """A file of `size` bytes; each read fetches what it returns and no more."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size, self._fetch, self._at = size, fetch, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence] + offset
        return self._at

    def read(self, length: int | None = -1) -> bytes:
        left = max(self.size - self._at, 0)
        count = left if length is None or length < 0 else min(length, left)
        piece = self._fetch(self._at, count) if count else b""
        self._at += len(piece)
        return piece
