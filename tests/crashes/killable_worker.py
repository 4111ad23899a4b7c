"""A worker that runs each step of a change in a process of its own, which ends at a failpoint.

python -m tests.crashes.killable_worker DATABASE TIMEOUT, where DATABASE is the name of the tests' database and TIMEOUT
the client's deadline in seconds. Each line of standard input is a JSON object with `change` (an id) and `failpoint` (a
name, or empty); the answer is the exit code of the process that ran the step.
"""

import json
import os
import sys
import traceback

import django
from django.db import connection


def main(database, timeout):
    django.setup()
    from endpoints import azure, tasks

    azure.SpeechClient("http://127.0.0.1", key="none").close()  # so that not each process has to load it
    connection.settings_dict["NAME"] = database
    azure.SpeechClient.__init__.__kwdefaults__["deadline"] = timeout
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            run_and_exit(tasks.step, request["change"], request["failpoint"])
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run_and_exit(step, change, failpoint):
    """Run a step and exit without cleaning up, which could hide what a crash leaves undone."""
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
