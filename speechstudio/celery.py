"""The Celery application; its settings are those of settings.py that begin with CELERY_."""

import gc
import logging.config
import os
from functools import cached_property
from importlib import import_module
from typing import Any

import kombu
from celery import Celery
from celery.signals import (
    celeryd_init,
    setup_logging,
    worker_before_create_process,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
)

from speechstudio import task_lines
from speechstudio.child_process import die_with_parent
from speechstudio.counters import flushing
from speechstudio.heartbeat import Heartbeat
from speechstudio.log_lines import JSON

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

MAX_RECONNECT_SECONDS = 5


class BrokerConnection(kombu.Connection):
    """Reconnects every 5 seconds at the latest; Celery would wait for up to 30 between two attempts."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        return super().ensure_connection(*args, **{**options, "interval_max": MAX_RECONNECT_SECONDS})

    def get_transport_cls(self) -> Any:
        transport = super().get_transport_cls()
        return (
            import_module("speechstudio.redis_transport").WritableRedis
            if transport.driver_type == "redis"
            else transport
        )


class Application(Celery):
    @cached_property
    def Beat(self) -> Any:
        return self.subclass_with_self(import_module("speechstudio.celery_output").Beat)


app = Application("speechstudio")
app.amqp.Connection = BrokerConnection
app.config_from_object("speechstudio.start:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(Heartbeat)
task_lines.connect()


@app.on_configure.connect
def send_traces(**_: Any) -> None:
    if import_module("django.conf").settings.TRACES:
        import_module("speechstudio.tracing").connect()


@celeryd_init.connect
def write_lines_from_the_beginning(instance: Any, **_: Any) -> None:
    write_lines_as_everywhere()
    import_module("speechstudio.celery_output").connect()
    instance.quiet = import_module("django.conf").settings.LOG_FORMAT == JSON  # no banner among the lines


@setup_logging.connect
def write_lines_as_everywhere(**_: Any) -> None:
    """Celery would set levels and handlers of its own, by its option --loglevel; LOG_LEVEL is for all processes."""
    logging.config.dictConfig(import_module("django.conf").settings.LOGGING)
    logging.captureWarnings(True)


@worker_init.connect
def refuse_a_database_of_a_demo(**_: Any) -> None:
    import_module("speechstudio.start").refuse_demo_accounts()


@worker_init.connect
def preload(**_: Any) -> None:
    """Import what the pool needs before it forks, so that its processes share the memory."""
    os.environ["WORKER_PID"] = str(os.getpid())
    import_module("endpoints.azure.client")
    import_module("endpoints.azure.transport").default_ssl_context()  # the certificate authorities


@worker_before_create_process.connect
def share_memory(**_: Any) -> None:
    """Exclude objects from garbage collection, which would write to them and so copy shared memory."""
    gc.collect()
    gc.freeze()


@worker_process_init.connect
def end_with_the_worker(**_: Any) -> None:
    """End a process of the pool when its worker is killed: it would wait for ever. Its tasks are delivered again."""
    die_with_parent()
    if str(os.getppid()) != os.environ["WORKER_PID"]:  # the worker was killed before the line above
        os._exit(1)


@worker_process_init.connect
def count(**_: Any) -> None:
    flushing.start()


@worker_process_shutdown.connect
def add_what_was_counted(**_: Any) -> None:
    flushing.end()
