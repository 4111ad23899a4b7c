import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

application = get_wsgi_application()

import speechstudio.urls  # noqa: E402, F401 (so that the first visitor does not wait for it)

# What is loaded by now stays for ever: the collector need not walk it again and again, 40 ms at a time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
