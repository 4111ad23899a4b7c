"""Loads the settings for web, worker and beat; importing it ends the process if they are wrong.

Each mistake is one line on standard error. The commands of `manage.py` report the same mistakes by themselves, and may
load this module later, with Celery's settings.
"""

import os
import sys

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["refuse_demo_accounts", "settings"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

try:
    _ = settings.DEBUG  # loads them
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None

from endpoints.checks import of_settings


def refuse_demo_accounts() -> None:
    """End the process if the database was a demo's and this is none. For web and worker, with loaded applications."""
    from django.db import connections

    from endpoints.access import demo_accounts

    refusal = "" if settings.DEMO else demo_accounts.refusal()
    connections.close_all()  # they must not be shared with processes that are forked later
    if refusal:
        raise SystemExit(refusal)


_found = [] if apps.ready else of_settings.of_every_start()
for _message in _found:
    print(f"{_message.msg} {_message.hint}", file=sys.stderr)
if any(_message.is_serious() for _message in _found):
    raise SystemExit(1)
