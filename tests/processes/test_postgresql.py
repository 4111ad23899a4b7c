"""What writes and reads most, once more on the database of a team."""

import re
import subprocess
import sys

from cryptography.fernet import Fernet

from tests.demo import ROOT, environment

PARTS = [
    "test_change_model.py",
    "test_work.py",
    "faults/test_two_people.py",
    "faults/test_twice_and_late.py",
    "faults/test_full_database.py",
    "test_list.py::test_a_poll_without_news_takes_one_query_and_few_bytes",
    "test_list.py::test_rows_in_progress_make_the_table_ask_and_settled_rows_do_not",
]
# Of the rows of the fault table those in which the database decides: one open change, leases, what is committed, room.
ROWS = ["row_28", "row_29", "row_36", "two_beats", "row_40", "lease", "row_41_a", "row_41_work"]


def test_changing_working_and_what_the_database_decides_work_on_postgresql(postgresql, tmp_path):
    env = environment(
        tmp_path,
        DATABASE_URL=postgresql.url("suite"),
        SECRET_KEY="only these tests sign with it",
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
    )
    parts = [*(f"tests/{part}" for part in PARTS), "-k", " or ".join(["not row_", *ROWS])]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--create-db", "--reuse-db", *parts]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 50
    # The database is kept, so one can see which it was.
    assert postgresql.ask("test_suite", "select count(*) > 10 from django_migrations") == [(True,)]
