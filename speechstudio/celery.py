"""The Celery application. Its settings are the CELERY_ ones of settings.py."""

import gc
import os
from importlib import import_module
from typing import Any

import kombu
from celery import Celery
from celery.signals import worker_before_create_process, worker_init, worker_process_init

from speechstudio.child_process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

BROKER_AGAIN_SECONDS = 5


class Connection(kombu.Connection):
    """Celery would wait for up to 30 seconds between two tries after a broker was away for minutes."""

    def ensure_connection(self, *args: Any, **how: Any) -> Any:
        return super().ensure_connection(*args, **{**how, "interval_max": BROKER_AGAIN_SECONDS})


app = Celery("speechstudio")
app.amqp.Connection = Connection
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def load(**_: Any) -> None:
    """Import and read what the pool needs before it forks: then it is held once."""
    os.environ["WORKER_PID"] = str(os.getpid())
    import_module("endpoints.azure.client")
    import_module("endpoints.azure.transport").default_ssl_context()  # the certificate authorities


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """What the collector does not touch stays shared."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """One of the pool whose worker was killed would wait for ever; what it did, another goes on with."""
    die_with_parent()
    if str(os.getppid()) != os.environ["WORKER_PID"]:  # it was killed just before
        os._exit(1)
