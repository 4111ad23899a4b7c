"""Sets up the demo's database in a process of its own, so that its memory is freed at the end."""

import io
import multiprocessing
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Self

import django
from celery.exceptions import OperationalError
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import OperationalError as DatabaseError

from speechstudio.child_process import die_with_parent
from speechstudio.command_errors import sentence
from speechstudio.demo.processes import CannotStart
from speechstudio.log_filters import database_error

PEOPLE = {"admin": "can deploy models", "listener": "can read content logs", "viewer": "can view"}
SIMULATED = "Contoso Speech"
SWEPT_SECONDS, POLLED_SECONDS = 60, 10  # how long the demo waits for its worker before it says that it is ready
COMMAND, WITHOUT_KEY = "manage.py demo", "The demo was started without SPEECH_KEY"


class DatabaseSetup:
    """Runs `setup`, creates the demo's accounts, registers the simulated resource, and has resources polled.

    `simulator` is its address and its key, or None for the Speech resource of the environment.
    """

    def __init__(self, simulator: tuple[str, str] | None) -> None:
        self._results, sender = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.get_context("fork").Process(target=_work, args=[sender, simulator])
        self._process.start()
        sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def set_up(self) -> str:
        """Wait for the set-up and return its output; raises the error that ended it."""
        try:
            result = self._results.recv()
        except EOFError:
            raise CannotStart("The setup stopped before it finished. Start the demo again.") from None
        if isinstance(result, Exception):
            raise result
        return str(result)

    def worker_at_work(self, within: float) -> bool:
        """Whether the worker has swept and polled each resource, or tried to, or has had its time to do so.

        Waits for `within` seconds at most.
        """
        return self._results.poll(within)


def _work(results: Connection, simulator: tuple[str, str] | None) -> None:
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the demo handles them, and ends this process
    output = io.StringIO()
    try:
        django.setup()
        settings.DEMO = True  # as in the other processes of the demo
        call_command("setup", stdout=output, skip_checks=False)
        _create_accounts()
        _register(simulator)
    except (ImproperlyConfigured, ModuleNotFoundError) as error:
        results.send(error)
    except DatabaseError as error:
        results.send(CannotStart(database_error(error)))
    except Exception as error:  # the demo prints it and ends
        results.send(CannotStart(str(error) if isinstance(error, CommandError) else sentence(error, "setup")))
    else:
        results.send(output.getvalue())
        _wait_for_worker()
        results.send(None)


def _create_accounts() -> None:
    """Create the demo's accounts, which no other installation has."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from endpoints.access.demo_accounts import PASSWORD

    users = get_user_model().objects
    for name in PEOPLE:
        if not users.filter(username=name).exists():
            admin = name == "admin"
            person = users.create_user(name, password=PASSWORD, is_staff=admin, is_superuser=admin)
            person.groups.add(Group.objects.get(name=name))


def _register(simulator: tuple[str, str] | None) -> None:
    """Register the simulated resource, or remove it when no simulator is started.

    Beside the simulator, what an earlier start took from SPEECH_KEY is paused: nothing is sent to Azure unasked.
    """
    from endpoints.mirror import removals, resource_states, resources
    from endpoints.models import Resource
    from endpoints.models.secret import CannotDecrypt

    if simulator is None:
        for resource in Resource.objects.filter(registered_as=SIMULATED):
            removals.remove_resource(resource, actor=None)
        for resource in Resource.objects.present().filter(paused_by=COMMAND):
            resource_states.resume_resource(resource, actor=None)
    else:
        for resource in Resource.objects.active().exclude(registered_as__in=("", SIMULATED)):
            resource_states.pause_resource(resource, actor=None, reason=WITHOUT_KEY, command=COMMAND)
        url, key = simulator
        with suppress(CannotDecrypt):  # `setup` and the pages say it
            resources.register(name=SIMULATED, region="eastus", url=url, key=key, api_version="v3.2")


def _wait_for_worker() -> None:
    """Have new resources polled, so that the first page shows their endpoints, and no worker that is missing."""
    from endpoints import tasks
    from endpoints.models import Resource, Sweep
    from endpoints.models.claim import database_now

    began = database_now()
    new = Resource.objects.active().present().filter(mirrored_at=None, failing_since=None)
    try:
        tasks.sweep.apply_async(queue="sweeps")  # which has them polled
    except OperationalError:
        return  # the broker is unavailable, which beat logs
    _wait_until(lambda: Sweep.objects.filter(at__gte=began).exists(), SWEPT_SECONDS)
    _wait_until(lambda: not new.exists(), POLLED_SECONDS)


def _wait_until(true: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
