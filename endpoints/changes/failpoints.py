"""Places at which a worker can be made to die, so that tests can show what is left behind and how others go on.

Nothing happens unless the environment's FAILPOINT names one of them.
"""

import os

FAILPOINTS = (
    # A bell rang, and nobody holds the change yet.
    "before-claim",
    # The lease is in the database, nothing else.
    "after-claim",
    # It was decided to send; the database does not say so yet.
    "before-sending",
    # SENDING is committed, and no byte has left.
    "after-sending",
    # The request is about to be made, on a connection of its own.
    "before-request",
    # The request has been answered or has failed, and nobody has written down how.
    "after-answer",
    # The acceptance and the id at the service are committed; what was accepted has not been looked at.
    "after-acceptance",
    # A later look was answered, and our row is as old as before.
    "before-mirror",
    # Our row says what the service says; the change does not.
    "after-mirror",
    # The change is about to be closed.
    "before-close",
    # The change is closed, and its lease is still held.
    "after-close",
    # The lease is given back; the broker has not been told that the task is done.
    "after-release",
)
KILLED = 137  # what a shell calls a process that SIGKILL ended


def failpoint(name: str) -> None:
    """Die here, without any cleaning up, when the environment's FAILPOINT is `name`."""
    if os.environ.get("FAILPOINT") == name:
        os._exit(KILLED)
