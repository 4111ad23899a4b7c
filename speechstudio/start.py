"""Loads the settings for web, worker and beat; importing it ends the process if they are wrong.

Each mistake is one line on standard error. The commands of `manage.py` report the same mistakes by themselves, and may
load this module later, with Celery's settings.
"""

import os
import sys

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["settings"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

try:
    _ = settings.DEBUG  # loads them
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None

from endpoints import checks

_found = [] if apps.ready else checks.of_every_start()
for _message in _found:
    print(f"{_message.msg} {_message.hint}", file=sys.stderr)
if any(_message.is_serious() for _message in _found):
    raise SystemExit(1)
