"""What installations of tests begin with: a migrated database with nothing in it, and collected static files.

Making them takes a processor fourteen seconds, so it is done once for all tests and workers of pytest-xdist, and the
database is kept in pytest's cache until a migration or a requirement changes.
"""

import contextlib
import fcntl
import functools
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from cryptography.fernet import Fernet

from tests.demo import ROOT, environment

CACHE = ROOT / ".pytest_cache" / "database"
BEGIN = "import django; django.setup(); "
MIGRATE = f"{BEGIN}from django.core.management import call_command; call_command('migrate', verbosity=0)"
COLLECT = f"{BEGIN}from speechstudio import assets; assets.build_bundles(); assets.collect_static_files()"


def shared():
    """A directory of this run that all workers share; tests/conftest.py makes and removes it."""
    return Path(os.environ["SHARED_BY_TESTS"])


@contextlib.contextmanager
def alone(name):
    with (shared() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(code, var, **more):
    """Run code of the product with this VAR, in which it leaves no secret."""
    keys = {"SECRET_KEY": secrets.token_hex(32), "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    env = environment(var, DJANGO_SETTINGS_MODULE="speechstudio.settings", **keys, **more)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@functools.cache
def database():
    """The file of an SQLite database that `migrate` has made; not to be changed."""
    made_of = hashlib.sha256((ROOT / "speechstudio" / "locks" / "test.txt").read_bytes())
    for path in sorted((ROOT / "endpoints" / "migrations").glob("*.py")):
        made_of.update(path.name.encode() + path.read_bytes())
    made = CACHE / f"{made_of.hexdigest()}.sqlite3"
    with alone("database"):
        if not made.exists():
            shutil.rmtree(CACHE, ignore_errors=True)
            run(MIGRATE, shared() / "database")
            CACHE.mkdir(parents=True)
            draft = made.with_suffix(".draft")
            shutil.copy(shared() / "database" / "db.sqlite3", draft)
            draft.rename(made)
    return made


@functools.cache
def static():
    """A VAR with nothing but bundles and static files; not to be changed."""
    made = shared() / "static"
    with alone("static"):
        if not made.exists():
            draft = shared() / "static.draft"
            run(COLLECT, draft)
            (draft / "db.sqlite3").unlink(missing_ok=True)
            draft.rename(made)
    return made


def fill(var, *, database_too=True):
    """Make `var` that of an installation with SQLite which has been set up, but for its secrets; returns it."""
    shutil.copytree(static(), var, dirs_exist_ok=True)
    if database_too:
        shutil.copy(database(), Path(var) / "db.sqlite3")
    return var
