"""The Celery application. Its settings are the CELERY_ ones of settings.py."""

import gc
import os
from importlib import import_module
from typing import Any

from celery import Celery
from celery.signals import worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

app = Celery("speechstudio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def share_memory(**_: Any) -> None:
    """Import what the pool needs before it forks, and keep the collector from touching it: then it is held once."""
    import_module("endpoints.azure.client")
    gc.collect()
    gc.freeze()
