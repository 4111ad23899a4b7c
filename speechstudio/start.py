"""Loads the settings for web, worker and beat; importing it ends the process if they are wrong.

Each mistake is one line on standard error. The commands of `manage.py` report the same mistakes by themselves, and may
load this module later, with Celery's settings.
"""

import logging
import os
import sys
from importlib import import_module

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

__all__ = ["refuse_demo_accounts", "settings"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

try:
    _ = settings.DEBUG  # loads them
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None

from endpoints.checks import of_settings
from speechstudio.log_lines import JSON, formatter


def refuse_demo_accounts() -> None:
    """End the process if the database was a demo's and this is none. For web and worker, with loaded applications."""
    from django.db import connections

    from endpoints.access import demo_accounts

    refusal = "" if settings.DEMO else demo_accounts.refusal()
    connections.close_all()  # they must not be shared with processes that are forked later
    if refusal:
        raise SystemExit(refusal)


def _line(message: CheckMessage) -> str:
    text = f"{message.msg} {message.hint}"
    if import_module("django.conf").settings.LOG_FORMAT != JSON:
        return text
    return formatter(JSON).format(logging.LogRecord(__name__, message.level, "", 0, text, (), None))


_found = [] if apps.ready else of_settings.of_every_start()
for _message in _found:
    print(_line(_message), file=sys.stderr)
if any(_message.is_serious() for _message in _found):
    raise SystemExit(1)
