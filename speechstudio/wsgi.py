import gc
import logging
import os

from django.core.wsgi import get_wsgi_application

from speechstudio.application_threads import FewAtOnce
from speechstudio.path_prefix import without_prefix
from speechstudio.start import refuse_demo_accounts, settings  # ends the process if a setting is wrong

logging.captureWarnings(True)  # they are lines of the log, too
pages = FewAtOnce(get_wsgi_application())

from endpoints.addresses.resolving.application import Resolving  # noqa: E402 (after set-up: it has rows)

resolving = Resolving(
    pages,
    most=settings.ADDRESS_REQUESTS_PER_MINUTE,
    trusted=settings.TRUSTED_PROXIES,
    prefix=settings.SCRIPT_NAME,
)
application = without_prefix(settings.SCRIPT_NAME, resolving)
refuse_demo_accounts()
# gunicorn reads it with each request, and refuses those whose path has no prefix.
os.environ.pop("SCRIPT_NAME", None)

# Load the pages and the connection to the broker now, so that the first request does not wait for them.
import endpoints.api.addresses  # noqa: E402, F401 (after set-up; loading it before the fork is the point)
import speechstudio.urls  # noqa: E402, F401 (the same)
from speechstudio.celery import app as celery  # noqa: E402 (after set-up)

celery.finalize(auto=True)
# A broker that hangs may delay a press by half a second: one attempt, or two when the first finds a broken connection.
# A worker waits longer, because it listens.
celery.conf.broker_transport_options |= {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}
_ = celery.events, celery.connection_for_write().transport

# Exclude everything loaded so far from garbage collection, which would take 40 ms each time.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
