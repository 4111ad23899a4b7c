"""Celery's command line, but with shorter waits between attempts to reach the broker.

python -m tests.faults.celery_fast_retries TIMES ..., where TIMES is how many times faster they pass.
"""

import sys

from celery.__main__ import main
from kombu.utils import functional

if __name__ == "__main__":
    times, sleep = float(sys.argv.pop(1)), functional.sleep  # type: ignore[attr-defined]  # kombu imports it from time
    functional.sleep = lambda seconds: sleep(seconds / times)  # type: ignore[attr-defined]  # kombu imports it from time
    main()
