"""A worker process that removes a Speech resource is killed in the middle; the next one ends the removal."""

import os
import signal
import subprocess
import sys

import pytest
from django.db import connection
from django.db.models.functions import Now

from endpoints import tasks
from endpoints.mirror import removals
from endpoints.models import Change, Endpoint, Event, LogEntry, LogFile, Resource
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.demo import ROOT, until
from tests.mirror.test_removal import fill

pytestmark = pytest.mark.django_db(transaction=True)

# Small batches, after each of which the process says so and waits for a line.
WORKER = """
import sys
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from endpoints import tasks
from endpoints.mirror import removals
removals.ENTRIES_AT_ONCE = 10
whole = removals._delete_batch
def stop(resource):
    print(flush=True)
    sys.stdin.readline()
    return whole(resource)
removals._delete_batch = stop
tasks.remove(sys.argv[2])
"""


def test_a_removal_whose_worker_is_killed_is_ended_by_the_next_one(alice, resource):

    first, *_rest = fill(resource, 3, 25)
    change = Change.objects.create(endpoint=first, kind="edit", desired={"description": "New"})
    assert removals.request_removal(resource, actor=alice.user)
    command = [sys.executable, "-c", WORKER, str(connection.settings_dict["NAME"]), str(resource.pk)]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "speechstudio.settings"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT
    ) as process:
        for _batch in range(4):
            process.stdout.readline()
            process.stdin.write("\n")
            process.stdin.flush()
        process.stdout.readline()  # four batches are done
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    assert 0 < LogEntry.objects.count() < 75
    row = Resource.objects.get()
    assert row.removing
    assert row.removed_entries == 75 - LogEntry.objects.count()
    tasks.remove(str(resource.pk))
    assert Resource.objects.exists()  # its lease is the killed worker's until it ends
    Resource.objects.update(leased_until=Now())
    until(lambda: tasks.remove(str(resource.pk)) or not Resource.objects.exists(), 30)
    assert not any(model.objects.exists() for model in (Endpoint, LogEntry, LogFile))
    tasks.step(str(change.pk))
    assert Change.objects.get(pk=change.pk).state == ChangeState.CANCELED
    assert Event.objects.filter(verb=Verb.RESOURCE_REMOVED).count() == 1
