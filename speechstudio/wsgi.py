import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

application = get_wsgi_application()

# So that the first visitor does not wait for it, nor the first who asks for something to be done.
import speechstudio.urls  # noqa: E402, F401
from speechstudio.celery import app as celery  # noqa: E402

celery.finalize(auto=True)
_ = celery.events, celery.connection_for_write().transport

# What is loaded by now stays for ever: the collector need not walk it again and again, 40 ms at a time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
