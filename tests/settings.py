"""The product's settings for tests, with a directory of their own and fast password hashes."""

import os
import tempfile
from pathlib import Path

_var = tempfile.mkdtemp(prefix="speechstudio-tests-")
os.environ["VAR"] = _var
# Playwright runs an event loop in the thread of the tests, in which Django would refuse to use the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
os.environ["PRIVATE_NETWORKS"] = "127.0.0.0/8"  # the simulator is on this machine
os.environ["METRICS_NETWORKS"] = "127.0.0.0/8"  # test clients, which see details of health checks
for _name in ("OUTBOUND_PROXY", "NO_PROXY", "CA_FILE", "SPEECH_KEY", "SPEECH_REGION", "SPEECH_ENDPOINT", "BROKER_URL"):
    os.environ.pop(_name, None)

from speechstudio.settings import *  # noqa: E402, F403 (the environment comes first, and all settings hold)
from speechstudio.settings import DATABASES, STORAGES  # noqa: E402 (the environment comes first)

# Only the tests' own clients sign in with these.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
Path(_var, "static").mkdir()
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(Path(_var) / "tests.sqlite3")}
