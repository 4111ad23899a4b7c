"""Content logs in a bucket of S3, or of a service that is compatible with it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from storages.backends.s3 import ClientError, S3File, S3Storage, TransferConfig, botocore
from storages.utils import clean_name

from endpoints.azure.network import Network
from endpoints.logs.storage.remote import Fetch, RemoteStorage

AWS, CREDENTIALS = "s3.amazonaws.com", "sts.amazonaws.com"
FORBIDDEN, NOT_FOUND = 403, 404


class S3(RemoteStorage, S3Storage):  # type: ignore[misc]  # the library has no types
    def __init__(self, **options: Any) -> None:
        if network := options.get("network"):
            rules = Network(**network)
            proxies = _proxies(rules, _host(options.get("endpoint_url")) or AWS)
            options = {"proxies": proxies, "verify": rules.ca_file or None} | options
        super().__init__(**options)
        self._lock, self._session = Lock(), None

    @property
    def connection(self) -> Any:
        """Each thread has its own, made by one session: a session takes long to load what it knows of S3."""
        with self._lock:
            return super().connection

    def _create_session(self) -> Any:
        if self._session is None:
            self._session = super()._create_session()
            if self.network:
                _hold_to(Network(**self.network), self._session)
        return self._session

    def get_default_settings(self) -> dict[str, Any]:
        """Upload one part at a time; with threads the library holds ten parts in memory."""
        one_by_one = TransferConfig(use_threads=False)
        return {**super().get_default_settings(), "transfer_config": one_by_one, "network": None}

    def servers(self) -> list[str]:
        host = _host(self.endpoint_url)
        return [host, f"{self.bucket_name}.{host}"] if host else []

    @contextmanager
    def refusals(self) -> Iterator[None]:
        try:
            with _as_os_errors():
                yield
        except FileNotFoundError:
            self.check_bucket()
            raise

    def check_bucket(self) -> None:
        """S3 says 404 for a missing file and for a missing bucket: OSError for the latter. Listing may be forbidden."""
        try:
            with suppress(PermissionError), _as_os_errors():
                self.connection.meta.client.list_objects_v2(Bucket=self.bucket_name, MaxKeys=1)
        except FileNotFoundError as error:
            raise OSError(errno.ENODEV, str(error)) from error

    def found(self, name: str) -> tuple[int, Fetch]:
        file: S3File = S3Storage._open(self, name)  # asks for the size only

        def fetch(first: int, count: int) -> bytes:
            part = file.obj.get(Range=f"bytes={first}-{first + count - 1}", IfMatch=file.obj.e_tag)
            return bytes(part["Body"].read())

        return file.size, fetch

    def remove(self, name: str) -> None:
        self.bucket.Object(self._normalize_name(clean_name(name))).delete()


@contextmanager
def _as_os_errors() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if _status(error) == FORBIDDEN:
            raise PermissionError(errno.EACCES, str(error)) from error
        raise (FileNotFoundError if _status(error) == NOT_FOUND else OSError)(str(error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise OSError(str(error)) from error


def _hold_to(network: Network, session: Any) -> None:
    """Let `network` hold for the clients that a session makes by itself, to get credentials from AWS."""
    core = session._session  # botocore's, which has the defaults of all its clients
    core.set_default_client_config(botocore.config.Config(proxies=_proxies(network, CREDENTIALS)))
    if network.ca_file:
        core.set_config_variable("ca_bundle", network.ca_file)


def _proxies(network: Network, host: str) -> dict[str, str]:
    """Empty without a proxy; with None the library would ask the environment."""
    proxy = network.proxy_for(host)
    return {"http": proxy, "https": proxy} if proxy else {}


def _host(url: str | None) -> str:
    return urlsplit(url or "").hostname or ""


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
