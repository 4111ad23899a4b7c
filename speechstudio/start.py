"""Loads the settings for web, worker and beat; importing it ends the process if they are wrong.

Each mistake is one line on standard error. `manage.py` reports the same mistakes by itself.
"""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

__all__ = ["settings"]

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

try:
    _ = settings.DEBUG  # loads them
except ImproperlyConfigured as error:
    raise SystemExit(str(error)) from None

from endpoints import checks

_found = checks.of_every_start()
for _message in _found:
    print(f"{_message.msg} {_message.hint}", file=sys.stderr)
if any(_message.is_serious() for _message in _found):
    raise SystemExit(1)
