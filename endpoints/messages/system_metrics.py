"""Metrics of the parts of an installation: workers, broker, storage, disks."""

import os
import shutil
from collections.abc import Iterator

from django.conf import settings
from prometheus_client.core import Metric

from endpoints import hints
from endpoints.messages.metric_families import FAMILIES
from endpoints.models import Sweep


def of_workers() -> Iterator[Metric]:
    """What workers have recorded of themselves and of the storage."""
    state = Sweep.state()
    workers = FAMILIES["worker_up"].metric()
    for queue, running in state.queues.items():
        workers.add_metric([queue], running)
    swept, storage = FAMILIES["sweep_age_seconds"].metric(), FAMILIES["storage_up"].metric()
    if state.swept is not None:
        swept.add_metric([], state.swept.total_seconds())
    if state.storage is not None:
        storage.add_metric([], state.storage)
    yield from (workers, swept, storage)
    yield from _disks(state.storage_free, state.storage_size)


def of_this_process() -> Iterator[Metric]:
    """What a web process sees by itself, without the database."""
    lengths = hints.lengths()
    version = FAMILIES["info"].metric()
    version.add_metric([settings.VERSION], 1)
    broker, waiting = FAMILIES["broker_up"].metric(), FAMILIES["queue_messages"].metric()
    broker.add_metric([], lengths is not None)
    for queue, count in (lengths or {}).items():
        waiting.add_metric([queue], count)
    yield from (version, broker, waiting)


def _disks(free: int | None, size: int | None) -> Iterator[Metric]:
    """Of VAR on this machine, and of the storage of content logs as a worker has measured it."""
    found = {"logs": (free, size)}
    if os.path.isdir(settings.VAR):
        usage = shutil.disk_usage(settings.VAR)
        found["var"] = (usage.free, usage.total)
    for number, name in enumerate(("disk_free_bytes", "disk_size_bytes")):
        family = FAMILIES[name].metric()
        for place, facts in sorted(found.items()):
            if (value := facts[number]) is not None:
                family.add_metric([place], value)
        yield family
