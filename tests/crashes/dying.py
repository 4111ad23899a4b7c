"""A worker that can die: it does one step of one change in a process of its own, and is killed at a failpoint.

python -m tests.crashes.dying DATABASE PATIENCE, where DATABASE is the name of the tests' database. Each line of
standard input is a JSON object with `change` (an id) and `failpoint` (a name, or none); each is answered with the
exit code of the process that did the step.
"""

import json
import os
import sys
import traceback

import django
from django.db import connection


def main(database, patience):
    django.setup()
    from endpoints import azure, tasks

    azure.SpeechClient("http://127.0.0.1", key="none").close()  # so that not each process has to begin with it
    connection.settings_dict["NAME"] = database
    azure.SpeechClient.__init__.__kwdefaults__["deadline"] = patience
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            die_after(tasks.step, asked["change"], asked["failpoint"])
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def die_after(step, change, failpoint):
    """Never returns: what a process does when it ends in order could hide what it leaves undone."""
    os.environ["FAILPOINT"] = failpoint
    code = 1
    try:
        step(change)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
