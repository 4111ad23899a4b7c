"""Places at which a worker can be made to die, so that tests can show what is left behind and how others go on.

Nothing happens unless the environment's FAILPOINT names one of them.
"""

import os

FAILPOINTS = (
    # The task has its message; no worker has claimed the change yet.
    "before-claim",
    # The lease is in the database, nothing else.
    "after-claim",
    # It was decided to send; the database does not say so yet.
    "before-sending",
    # SENDING is committed, and no byte has left.
    "after-sending",
    # The request is about to be made, on a connection of its own.
    "before-request",
    # The request was answered or failed; the result is not stored yet.
    "after-answer",
    # The acceptance and the id on the service are committed; the accepted state is not verified yet.
    "after-acceptance",
    # A later poll was answered; our row is not updated yet.
    "before-mirror",
    # Our row has the service's state; the change does not.
    "after-mirror",
    # The change is about to be closed.
    "before-close",
    # The change is closed, and its lease is still held.
    "after-close",
    # The lease is given back; the broker has not been told that the task is done.
    "after-release",
)
OF_ALERTS = (
    # The attempt to send a message with alerts is committed, and no byte has left.
    "before-alert",
    # The message was sent; that it was is not stored yet.
    "after-alert",
)
OF_PROBES = (
    # The attempt to have a recording recognized is committed, and no byte has left.
    "before-recognition",
)
KILLED = 137  # what a shell calls a process that SIGKILL ended


def failpoint(name: str) -> None:
    """Die here, without any cleaning up, when the environment's FAILPOINT is `name`."""
    if os.environ.get("FAILPOINT") == name:
        os._exit(KILLED)
