"""Files in our storage that no row refers to, left behind by a worker that was killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from endpoints.logs.storage import partials
from endpoints.logs.storage.place import plain, store
from endpoints.models import Download, Endpoint, Event, LogFile
from endpoints.models.event import Verb

OLD = timedelta(days=1)  # a younger file may be referred to by a row soon


def delete_orphans() -> int:
    """Delete them, in folders of endpoints of ours and under names that we give: others may share the storage.

    What is left of endpoints whose resource was removed is deleted with them. Returns how many.
    """
    count, folders = partials.delete_old(OLD), set(_listed("")[0])
    removed = Event.objects.filter(verb=Verb.RESOURCE_REMOVED).values_list("facts", flat=True)
    past = {folder["endpoint"] for facts in removed for folder in facts.get("folders", [])}
    ours = folders & {*past, *map(str, Endpoint.objects.values_list("pk", flat=True))}
    return count + sum(delete_orphans_in(folder, timezone.now() - OLD) for folder in ours)


def delete_orphans_in(folder: str, before: datetime, meant: Callable[[str], bool] = lambda name: True) -> int:
    """Those of one folder that were last written before `before`, and whose names are `meant`."""
    folders, files = _listed(folder)
    names = {f"{folder}/{name}" for name in files if plain(name) == name and meant(name)}
    for rows in (LogFile.objects, Download.objects):
        names -= set(rows.filter(stored_as__startswith=f"{folder}/").values_list("stored_as", flat=True))
    old = [name for name in sorted(names) if store().get_modified_time(name) < before]
    for name in old:
        store().delete(name)
    return len(old) + sum(delete_orphans_in(f"{folder}/{one}", before, meant) for one in folders)


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        return store().listdir(folder)
    except FileNotFoundError:
        return [], []
