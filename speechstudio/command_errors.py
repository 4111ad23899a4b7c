"""What a command that can't go on says: one sentence for each mistake, with a setting or a file and no exception."""

import re
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import ManagementUtility
from django.core.management.base import BaseCommand, OutputWrapper
from django.db import Error

from speechstudio.error_place import place
from speechstudio.log_filters import database_error

# What SQLite and PostgreSQL say of a table or column of a migration that has not run; of a database, the latter too.
_NOT_MIGRATED = re.compile(r"no such (table|column)|(relation|column) .* does not exist")
# Django's lines of one failed check, and of its hint.
_CHECK = re.compile(r"^.*?: \([\w.]+\) (.*)(?:\n\tHINT: (.*))?$", re.MULTILINE)


def run(arguments: list[str]) -> None:
    """Run a command as Django does, but without the names of exceptions before its errors."""
    _Commands(arguments).execute()


def without_names(command: BaseCommand) -> BaseCommand:
    command.stderr = _Plain(command.stderr)
    return command


def sentence(error: Exception, command: str) -> str:
    """For any error that ends `manage.py command`."""
    if isinstance(error, ImproperlyConfigured):
        return str(error)
    if isinstance(error, Error):
        if _NOT_MIGRATED.search(str(error)):
            return "DATABASE_URL: the database has no tables of this version yet. Run manage.py setup first."
        return database_error(error)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename} can't be used" if error.filename else f"manage.py {command} can't go on"
        return f"{where}: {error.strerror}."
    return f"manage.py {command} ended by a mistake in the program ({place(error)}). With --traceback it says more."


class _Commands(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        command = super().fetch_command(subcommand)
        return command if subcommand == "check" else without_names(command)


class _Plain(OutputWrapper):
    """Django writes "CommandError: " before an error, and failed checks as a report."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner._out)

    def write(self, msg: str = "", style_func: Any = None, ending: str | None = None) -> None:  # type: ignore[override]  # as Django's
        if msg.startswith("SystemCheckError: "):
            msg = "\n".join(" ".join(part for part in found if part) for found in _CHECK.findall(msg)) or msg
        super().write(msg.removeprefix("CommandError: "), style_func, ending)
