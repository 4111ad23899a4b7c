"""Concatenates style sheets and scripts into one file each, so that a page needs few requests."""

import hashlib
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

SOURCES = settings.BASE_DIR / "static"
# What the list of endpoints does not need, which a first visit opens.
OTHER_SHEETS = [
    *("cards.css", "facts.css"),  # the others refine them
    *("account.css", "activity.css", "addresses.css", "alerts.css", "api_docs.css", "bulk.css", "content_logs.css"),
    *("content_logs_overview.css", "endpoint.css", "help.css", "model_list.css", "new_endpoint.css", "resources.css"),
    "who_answers.css",
]
OTHER_SCRIPTS = ["activity.js", "api_docs.js", "copy.js", "player.js", "record.js", "tabs.js", "uploads.js"]
# For each its folder, the files that come first, because others depend on them, and those that it leaves out of the
# rest; None: there is no rest.
BUNDLES: dict[str, tuple[str, list[str], list[str] | None]] = {
    "studio.css": ("css", ["tokens.css", "frame.css", "controls.css", "content.css"], OTHER_SHEETS),
    "pages.css": ("css", OTHER_SHEETS, None),
    "studio.js": ("js", [], OTHER_SCRIPTS),
    "pages.js": ("js", OTHER_SCRIPTS, None),
}


def build_bundles() -> None:
    """Write the bundles into settings.BUNDLES_DIR, unless they are up to date."""
    settings.BUNDLES_DIR.mkdir(parents=True, exist_ok=True)
    for name in BUNDLES:
        bundle, content = settings.BUNDLES_DIR / name, "\n".join(without_comments(part) for part in sources(name))
        if not bundle.exists() or bundle.read_text() != content:
            draft = bundle.with_suffix(".new")
            draft.write_text(content)
            draft.replace(bundle)


def without_comments(source: Path) -> str:
    """A style sheet or script without its comments, indentation and empty lines: a third less for a first visit.

    Of a script only comments on lines of their own are left out, because `//` can also be part of a text. A style
    sheet has no spaces around braces and semicolons either, which are part of none of its texts.
    """
    pattern = r"/\*.*?\*/" if source.suffix == ".css" else r"^\s*//.*$"
    text = re.sub(pattern, "", source.read_text(), flags=re.DOTALL if source.suffix == ".css" else re.MULTILINE)
    lines = "\n".join(line for part in text.splitlines() if (line := part.strip()))
    return re.sub(r"\s*([{};])\s*", r"\1", lines) if source.suffix == ".css" else lines


def sources(name: str) -> list[Path]:
    """The files of a bundle in order."""
    folder, first, left_out = BUNDLES[name]
    there = {path.name for path in (SOURCES / folder).iterdir() if path.suffix == Path(name).suffix}
    rest = [] if left_out is None else sorted(there - {*first, *left_out})
    return [SOURCES / folder / part for part in [*first, *rest]]


def collect_static_files() -> None:
    """Run collectstatic if a file has changed since the last time, because compression takes seconds.

    An image has collected them, and a container can't write there: when they were written does not matter.
    """
    state = hashlib.sha256(settings.STORAGES["staticfiles"]["BACKEND"].encode())
    collected = Path(settings.STATIC_ROOT) / ".collected"
    for finder in get_finders():
        for path, storage in finder.list([]):
            content = hashlib.sha256(Path(storage.path(path)).read_bytes())
            state.update(f"{path} {content.hexdigest()}\n".encode())
    if not collected.exists() or collected.read_text() != state.hexdigest():
        call_command("collectstatic", verbosity=0, interactive=False)
        collected.write_text(state.hexdigest())
