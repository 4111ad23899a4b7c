import gc

from django.core.wsgi import get_wsgi_application

import speechstudio.start

application = get_wsgi_application()

# Load the pages and the connection to the broker now, so that the first request does not wait for them.
import speechstudio.urls  # noqa: E402, F401 (after set-up; loading it before the fork is the point)
from speechstudio.celery import app as celery  # noqa: E402 (after set-up)

celery.finalize(auto=True)
_ = celery.events, celery.connection_for_write().transport

# Exclude everything loaded so far from garbage collection, which would take 40 ms each time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
