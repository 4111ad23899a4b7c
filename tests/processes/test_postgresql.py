"""What writes and reads most, once more on the database of a team."""

import re
import subprocess
import sys

from cryptography.fernet import Fernet

from tests.demo import ROOT, environment

PARTS = ["test_change_model", "test_work"]


def test_deploying_changing_and_logs_work_on_postgresql(postgresql, tmp_path):
    env = environment(
        tmp_path,
        DATABASE_URL=postgresql.url("suite"),
        SECRET_KEY="only these tests sign with it",
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
    )
    files = [f"tests/{part}.py" for part in PARTS]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--create-db", "--reuse-db", *files]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 20
    # The database is kept, so one can see which it was.
    assert postgresql.ask("test_suite", "select count(*) > 10 from django_migrations") == [(True,)]
