"""One style sheet and one script for the browser, from our files by subject: a page takes few requests."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.storage import FileSystemStorage, Storage
from django.core.management import call_command

SOURCES = settings.BASE_DIR / "static"
# These come first, because the others build on them; the rest follows by name.
BUNDLES = {
    "studio.css": ("css", ["tokens.css", "frame.css", "controls.css", "content.css"]),
    "studio.js": ("js", []),
}


def collect() -> None:
    """Collect the static files, unless they are those of the last time: to compress them takes seconds."""
    state, collected = hashlib.sha256(), Path(settings.STATIC_ROOT) / ".collected"
    for finder in get_finders():
        for path, storage in finder.list([]):
            file = os.stat(storage.path(path))
            state.update(f"{path} {file.st_size} {file.st_mtime_ns}\n".encode())
    if not collected.exists() or collected.read_text() != state.hexdigest():
        call_command("collectstatic", verbosity=0, interactive=False)
        collected.write_text(state.hexdigest())


class Bundles(BaseFinder):
    """Finds studio.css and studio.js, made anew when one of their parts is newer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=settings.VAR / "bundles")

    def check(self, **kwargs: Any) -> list[Any]:
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        if path not in BUNDLES:
            return []
        found = str(made(path, Path(self.storage.location)))
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Storage]]:
        for name in BUNDLES:
            made(name, Path(self.storage.location))
            yield name, self.storage


def made(name: str, directory: Path) -> Path:
    """The bundle's file, up to date."""
    parts, bundle = sources(name), directory / name
    directory.mkdir(parents=True, exist_ok=True)
    content = "\n".join(part.read_text() for part in parts)
    if not bundle.exists() or bundle.read_text() != content:
        draft = bundle.with_suffix(".new")
        draft.write_text(content)
        draft.replace(bundle)
    return bundle


def sources(name: str) -> list[Path]:
    folder, first = BUNDLES[name]
    rest = sorted(path.name for path in (SOURCES / folder).iterdir() if path.suffix == Path(name).suffix)
    return [SOURCES / folder / part for part in dict.fromkeys([*first, *rest])]
