"""Content logs in a bucket of S3, or of what speaks like it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from storages.backends.s3 import ClientError, S3File, S3Storage, TransferConfig, botocore
from storages.utils import clean_name

from endpoints.logs.parts import Elsewhere, Fetch

FORBIDDEN, NOT_FOUND = 403, 404


class Bucket(Elsewhere, S3Storage):  # type: ignore[misc]  # the library has no types
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._one_by_one, self._session = Lock(), None

    @property
    def connection(self) -> Any:
        """Each thread has its own; they are made by one session, which reads what it knows of S3 once."""
        with self._one_by_one:
            return super().connection

    def _create_session(self) -> Any:
        self._session = self._session or super()._create_session()
        return self._session

    def get_default_settings(self) -> dict[str, Any]:
        """A zip goes there a piece at a time; left alone, the library holds ten of them in memory."""
        return {**super().get_default_settings(), "transfer_config": TransferConfig(use_threads=False)}

    @contextmanager
    def refusals(self) -> Iterator[None]:
        try:
            with _as_our_own():
                yield
        except FileNotFoundError:
            self.look()
            raise

    def look(self) -> None:
        """Whether a file is missing or all of them is not told; one look at the bucket does. It may be forbidden."""
        try:
            self.connection.meta.client.list_objects_v2(Bucket=self.bucket_name, MaxKeys=1)
        except ClientError as error:
            if _status(error) != FORBIDDEN:
                raise OSError(str(error)) from error
        except botocore.exceptions.BotoCoreError as error:
            raise OSError(str(error)) from error

    def found(self, name: str) -> tuple[int, Fetch]:
        file: S3File = S3Storage._open(self, name)  # asks how long it is, and for nothing of it

        def fetch(first: int, count: int) -> bytes:
            part = file.obj.get(Range=f"bytes={first}-{first + count - 1}", IfMatch=file.obj.e_tag)
            return bytes(part["Body"].read())

        return file.size, fetch

    def remove(self, name: str) -> None:
        self.bucket.Object(self._normalize_name(clean_name(name))).delete()


@contextmanager
def _as_our_own() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise (FileNotFoundError if _status(error) == NOT_FOUND else OSError)(str(error)) from error
    except botocore.exceptions.BotoCoreError as error:
        raise OSError(str(error)) from error


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
