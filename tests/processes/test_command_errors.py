"""A command that can't go on says why in one sentence: no traceback and no exception's name."""

import os
import re
import socket
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from tests import prepared
from tests.demo import ROOT

AWAY = {
    "DATABASE_URL": "postgres://nobody:secret@127.0.0.1:1/nothing",
    "SECRET_KEY": "0123456789" * 5,
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
}
OWNER_AWAY = "postgres://owner:secret@127.0.0.1:1/nothing"
UNREACHABLE = {"SPEECH_KEY": "0123456789abcdef" * 2, "SPEECH_ENDPOINT": "http://127.0.0.1:1"}
PROGRAMS = {"PATH": "/nonexistent"}
DATABASE, TABLES = "DATABASE_URL: the database cannot be used: ", "Run manage.py setup first."
ERROR = r"\b[A-Z]\w*(Error|Exception|Fault|Warning)\b|Traceback"
WITH_DATABASE = (
    "setup",
    "migrate",
    "rotate_keys",
    "verify_activity",
    "anonymize_person bob",
    "remove_events --before 2026-01-31",
    "backup /tmp/nowhere/1.backup",
    "restore --resume",
    "createsuperuser --noinput --username a --email a@b",
)
ALL = (
    "setup",
    "migrate",
    "rotate_keys",
    "verify_activity",
    "anonymize_person bob",
    "remove_events --before 2026-01-31",
    "newkey",
    "speech_check",
    "demo",
    "screenshots",
    "lint",
    "bench",
)

# The command, its environment, and what its sentence contains.
TABLE = [
    *((f"{name} --nonsense", {}, "unrecognized arguments: --nonsense") for name in ALL),
    *((name, {"VAR": "/dev/null/var"}, "VAR=/dev/null/var") for name in (*ALL, "check")),
    *((name, AWAY, DATABASE) for name in WITH_DATABASE),
    *((name, {}, TABLES) for name in WITH_DATABASE if name not in ("setup", "migrate")),
    *((name, {"DATABASE_URL": "nonsense"}, "DATABASE_URL does not begin with") for name in WITH_DATABASE),
    *((name, {"CACHE_URL": "nonsense"}, "CACHE_URL does not begin with") for name in ("setup", "check", "demo")),
    ("nonsense", {}, "Unknown command: 'nonsense'"),
    ("setup", {"STATIC_ROOT": "/dev/null/static"}, "STATIC_ROOT=/dev/null/static"),
    ("setup", {"ENCRYPTION_KEYS": "short"}, "ENCRYPTION_KEYS holds a text that is not a key."),
    ("setup", {"SPEECH_KEY": "0" * 32, "SPEECH_ENDPOINT": "http://example.com"}, "SPEECH_ENDPOINT"),
    ("rotate_keys", {"ENCRYPTION_KEYS": "short"}, "ENCRYPTION_KEYS holds a text that is not a key."),
    ("anonymize_person", {}, "the following arguments are required: NAME"),
    ("remove_events", {}, "RETENTION_DAYS has no days for events. Name the first day to keep by --before."),
    ("backup", {}, "the following arguments are required: FILE"),
    ("backup 1.backup --logs some", {}, "invalid choice: 'some'"),
    ("restore", {}, "Name the file of a backup, or --resume once the old installation is off."),
    ("restore /dev/null", {}, "/dev/null can't be restored. It's no backup of this product."),
    ("restore /nowhere/1.backup", {}, "/nowhere/1.backup can't be used: No such file or directory."),
    ("remove_events --before yesterday", {}, "yesterday isn't a day such as 2026-01-31"),
    ("remove_events --before 9999-01-31", {}, "9999-01-31 is in the future."),
    ("setup", {"SETUP_DATABASE_URL": "nonsense"}, "SETUP_DATABASE_URL does not begin with"),
    ("setup", {"SETUP_DATABASE_URL": AWAY["DATABASE_URL"]}, "SETUP_DATABASE_URL is for PostgreSQL only"),
    ("setup", {**AWAY, "SETUP_DATABASE_URL": OWNER_AWAY}, "SETUP_DATABASE_URL: the database can't be used: "),
    ("anonymize_person bob", {**AWAY, "SETUP_DATABASE_URL": OWNER_AWAY}, "SETUP_DATABASE_URL: the database can't"),
    ("demo", {"PORT": "busy"}, "is already in use. Set PORT to a free port."),
    ("demo", {"PORT": "http"}, "PORT=http isn't a port."),
    ("demo --endpoints -5", {}, "-5 isn't a number"),
    ("demo --logs many", {}, "many isn't a number"),
    ("screenshots --to /dev/null", {}, "/dev/null can't be used"),
    ("screenshots", PROGRAMS, "chromium is not installed."),
    ("bench nonsense", {}, "nonsense isn't a benchmark."),
    ("bench rows --rounds 0", {}, "--rounds must be at least 5."),
    ("verify_activity --expect zz", {}, "--expect: enter the hash of 64 characters"),
    ("speech_check", {}, "There's no resource to check."),
    ("speech_check Nothing", {}, "No resource is named Nothing."),
    ("speech_check --wait long", {}, "--wait"),
    ("speech_check --recognize /dev/null/x.wav", {}, "/dev/null/x.wav"),
    ("speech_check", UNREACHABLE, "Some steps differed or failed."),
]


def manage(directory, command, **env):
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    everything = {**inherited, "VAR": str(directory), **env}
    words = [sys.executable, "manage.py", *command.split()]
    return subprocess.run(words, cwd=ROOT, env=everything, capture_output=True, text=True, timeout=120)


def said(done):
    """The lines of an error, without how a command is used."""
    text = re.sub(r"^usage: .*?(?=^manage\.py )", "", done.stderr, flags=re.DOTALL | re.MULTILINE)
    return [line for line in text.splitlines() if not line.startswith(("Installing ", "Type 'manage.py help'"))]


@pytest.mark.parametrize(
    ("command", "env", "told"), TABLE, ids=lambda value: value if isinstance(value, str) else ",".join(value)
)
def test_each_mistake_is_one_sentence_without_the_name_of_an_exception(tmp_path, command, env, told):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = {"PORT": str(busy.getsockname()[1])} if env.get("PORT") == "busy" else {}
        if command == "setup":
            prepared.fill(tmp_path)
        done = manage(tmp_path, command, **{**env, **port})
    assert done.returncode not in (0, None), done.stdout
    assert told in done.stderr
    assert len(said(done)) == 1, done.stderr
    assert re.findall(ERROR, done.stdout + done.stderr) == []
    assert "secret" not in done.stderr


@pytest.mark.parametrize("command", ["help", "newkey", "check", "speech_check"])
def test_a_reader_that_goes_away_ends_a_command_without_a_word(tmp_path, command):
    env = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    env |= {"VAR": str(tmp_path), **UNREACHABLE}
    words = [sys.executable, "manage.py", *command.split()]
    with subprocess.Popen(
        words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.close()
        assert [line for line in process.stderr if not line.startswith("Installing ")] == []
    assert process.returncode == 141


@pytest.mark.parametrize("command", ["setup", "rotate_keys", "verify_activity", "speech_check"])
def test_a_file_that_is_no_database_is_one_sentence(tmp_path, command):
    (tmp_path / "db.sqlite3").write_text("This is no database.")
    done = manage(tmp_path, command)
    assert done.returncode == 1
    assert re.findall(ERROR, done.stderr) == []
    assert len(said(done)) == 1, done.stderr


def test_a_mistake_in_the_program_names_its_place_and_with_traceback_everything(tmp_path):
    broken = {"PYTHONPATH": str(tmp_path), "ENCRYPTION_KEYS": AWAY["ENCRYPTION_KEYS"]}
    (tmp_path / "sitecustomize.py").write_text(
        "import cryptography.fernet\n\ndef broken():\n    raise RuntimeError('what was read')\n\n"
        "cryptography.fernet.Fernet.generate_key = broken\n"
    )
    done = manage(tmp_path, "newkey", **broken)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(
        r"manage.py newkey ended by a mistake in the program \(newkey.py, line \d+\). With --traceback it says more.\n",
        done.stderr,
    )
    assert "RuntimeError: what was read" in manage(tmp_path, "newkey --traceback", **broken).stderr
