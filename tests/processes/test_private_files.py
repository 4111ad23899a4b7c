"""VAR and the SQLite database are readable by their owner only, whatever the umask, whoever made the secrets."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from speechstudio.var import keep_private
from tests import prepared
from tests.demo import ROOT, environment

WRITE = """
import django; django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("CREATE TABLE IF NOT EXISTS said (words text)")
    cursor.execute("INSERT INTO said VALUES ('x')")
import os; from django.conf import settings
print(*[f"{one.stat().st_mode & 0o7777:o}" for one in sorted(settings.VAR.glob("db.sqlite3*"))])
"""
SECRETS = {"SECRET_KEY": "only these tests sign with it", "ENCRYPTION_KEYS": Fernet.generate_key().decode()}


def mode(path):
    return stat.S_IMODE(Path(path).stat().st_mode)


def run(var, umask, *command, **env):
    variables = environment(var, DJANGO_SETTINGS_MODULE="speechstudio.settings", **env)
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=variables, umask=umask, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("umask", [0o000, 0o002, 0o022, 0o027, 0o077], ids=oct)
@pytest.mark.parametrize("secrets", [{}, SECRETS], ids=["made here", "from the environment"])
@pytest.mark.parametrize("made", [False, True], ids=["new", "made before"])
def test_var_and_the_database_are_their_owners_alone(tmp_path, umask, secrets, made):
    var = tmp_path / "var"
    if made:
        var.mkdir()
        var.chmod(0o755)
        for name in ("db.sqlite3", "db.sqlite3-wal"):
            (var / name).touch()
            (var / name).chmod(0o644)
    modes = run(var, umask, "-c", WRITE, **secrets).split()
    assert mode(var) == 0o700
    assert len(modes) == 3  # the database, its log and the index of it
    assert set(modes) == {"600"}


def test_a_database_elsewhere_is_private_too_and_its_directory_stays(tmp_path):
    elsewhere = tmp_path / "data"
    elsewhere.mkdir(mode=0o755)
    run(tmp_path / "var", 0, "-c", WRITE, DATABASE_URL=f"sqlite:///{elsewhere}/studio.sqlite3")
    assert (mode(elsewhere), mode(elsewhere / "studio.sqlite3")) == (0o755, 0o600)


def test_no_file_below_var_can_be_reached_by_others_after_the_set_up(tmp_path):
    var = prepared.fill(tmp_path / "var")
    var.chmod(0o755)
    (var / "db.sqlite3").chmod(0o644)
    run(var, 0o022, "manage.py", "setup", **SECRETS)
    assert mode(var) == 0o700
    assert {mode(one) for one in var.glob("db.sqlite3*")} == {0o600}


def test_a_directory_that_all_users_share_stays_as_it_is(tmp_path):
    tmp_path.chmod(0o1777)
    keep_private(tmp_path)
    assert mode(tmp_path) == 0o1777


def test_what_its_owner_may_not_write_stays_so(tmp_path):
    database = tmp_path / "db.sqlite3"
    database.touch()
    database.chmod(0o444)
    keep_private(tmp_path, database)
    assert mode(database) == 0o400


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_what_belongs_to_somebody_else_stays_as_it_is(tmp_path):
    theirs = tmp_path / "var"
    theirs.mkdir(mode=0o755)
    os.chown(theirs, 12345, -1)
    keep_private(theirs)
    assert mode(theirs) == 0o755
