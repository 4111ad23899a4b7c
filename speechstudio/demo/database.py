"""What the demo wants of the database, done in a process of its own that takes the memory for it along."""

import io
import multiprocessing
import signal
import time
from multiprocessing.connection import Connection
from typing import Self

import django
from celery.exceptions import OperationalError
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from speechstudio.child_process import die_with_parent
from speechstudio.demo.processes import CannotStart

PEOPLE = {"admin": "deploys models", "listener": "may read content logs", "viewer": "looks"}
SIMULATED = "Contoso Speech"


class Furnisher:
    """Sets up, makes the demo's people and registers its simulator; then sees to it that the worker looks there.

    `simulator` is its address and its key, or None for the service that the environment names.
    """

    def __init__(self, simulator: tuple[str, str] | None) -> None:
        self._told, here = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.get_context("fork").Process(target=_work, args=[here, simulator])
        self._process.start()
        here.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.join()

    def set_up(self) -> str:
        """Wait for the set-up and return what it says; raises what is wrong with it."""
        try:
            said = self._told.recv()
        except EOFError:
            raise CannotStart("The set-up ended in the middle.") from None
        if isinstance(said, Exception):
            raise said
        return str(said)

    def has_looked(self, within: float) -> bool:
        """Tell whether the worker has looked at every resource, or tried to; waits for `within` seconds at most."""
        return self._told.poll(within)


def _work(told: Connection, simulator: tuple[str, str] | None) -> None:
    die_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # they are for the demo, which ends us
    said = io.StringIO()
    try:
        django.setup()
        call_command("setup", stdout=said, skip_checks=False)
        _make_people()
        _register(simulator)
    except (ImproperlyConfigured, ModuleNotFoundError) as error:
        told.send(error)
    except Exception as error:  # whatever it is, the demo says it and ends
        told.send(CannotStart(str(error) if isinstance(error, CommandError) else f"{type(error).__name__}: {error}"))
    else:
        told.send(said.getvalue())
        _see_to_a_look()
        told.send(None)


def _make_people() -> None:
    """The demo's people; they exist in the demo alone."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    users = get_user_model().objects
    for name in PEOPLE:
        if not users.filter(username=name).exists():
            person = users.create_user(name, password="demo", is_staff=name == "admin", is_superuser=name == "admin")  # noqa: S106
            person.groups.add(Group.objects.get(name=name))


def _register(simulator: tuple[str, str] | None) -> None:
    """The simulated resource exists only beside its simulator."""
    from endpoints.mirror import resources
    from endpoints.models import Resource

    if simulator is None:
        Resource.objects.filter(name=SIMULATED).delete()
    else:
        url, key = simulator
        resources.register(name=SIMULATED, region="eastus", url=url, key=key, api_version="v3.2")


def _see_to_a_look() -> None:
    """The first page should not be empty only because nobody has asked the service yet."""
    from endpoints import tasks
    from endpoints.models import Resource

    new = Resource.objects.filter(mirrored_at=None)
    try:
        for resource in new:
            tasks.mirror.delay(str(resource.pk))
    except OperationalError:
        return  # the broker is away, as beat is going to say
    while new.filter(failing_since=None).exists():
        time.sleep(0.05)
