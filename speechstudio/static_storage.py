"""Stores the collected static files, and what browsers check scripts and style sheets with (Subresource Integrity)."""

import base64
import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.core.files.base import ContentFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

FILE = "integrity.json"  # in STATIC_ROOT, beside the manifest
CHECKED = (".css", ".js")


class StaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # WhiteNoise has no types
    """Compressed, and named by content hash so that browsers can cache them for ever."""

    def post_process(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        yield from super().post_process(*args, **kwargs)
        if not kwargs.get("dry_run"):
            self._save_integrity()

    def _save_integrity(self) -> None:
        """Once, when the files are collected: what changes them later, on disk or on the way, does not change it."""
        found = {}
        for name, stored in self.hashed_files.items():
            if name.endswith(CHECKED):
                with self.open(stored) as file:
                    digest = hashlib.sha384(file.read()).digest()
                found[name] = f"sha384-{base64.b64encode(digest).decode()}"
        if self.exists(FILE):
            self.delete(FILE)
        self._save(FILE, ContentFile(json.dumps(found).encode()))
        self.__dict__.pop("integrity", None)

    @cached_property
    def integrity(self) -> dict[str, str]:
        """The attribute `integrity` by the name of a script or style sheet; empty before the files are collected."""
        try:
            with self.open(FILE) as file:
                found: dict[str, str] = json.loads(file.read())
        except FileNotFoundError:
            return {}
        return found
