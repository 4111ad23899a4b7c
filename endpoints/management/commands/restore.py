"""Restores a backup into an empty installation, or says that the old installation is off."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from endpoints.audit import rights
from endpoints.upkeep.backups import archive, restoring, settling
from endpoints.upkeep.backups.stored_logs import StorageFailed
from speechstudio.log_filters import database_error

SWITCHED_OFF = (
    "All Speech resources are paused, so that two installations never work on one. When the old installation is off, "
    "and won't come back, resume them on the Resources page or run: python3 manage.py restore --resume"
)


class Command(BaseCommand):
    help = (
        "Restore a backup into an empty database, SQLite or PostgreSQL. Run it where setup runs, before web, worker "
        "and beat are started."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, nargs="?", help="the backup")
        parser.add_argument("--verify", action="store_true", help="only check that the file is whole and fits")
        parser.add_argument(
            "--without-keys", action="store_true", help="also with other ENCRYPTION_KEYS: secrets stay locked"
        )
        parser.add_argument(
            "--resume", action="store_true", help="the old installation is off: resume the paused Speech resources"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        if bool(path) == options["resume"]:
            raise CommandError("Name the file of a backup, or --resume once the old installation is off.")
        if options["resume"]:
            return self._resume()
        try:
            encryption_keys = None if options["without_keys"] else settings.ENCRYPTION_KEYS
            manifest = restoring.verify(path, encryption_keys=encryption_keys)
            made = f"made {manifest['at'][:19]} UTC by version {manifest['version']}"
            if options["verify"]:
                self.stdout.write(f"{path} is whole: {made}, from {manifest['database']}.")
                return None
            with rights.owner_connected(settings.SETUP_DATABASE) as application:
                done = restoring.restore(path, application=application)
        except (archive.Damaged, archive.TooNew) as error:
            raise CommandError(f"{path} can't be restored. {error}") from None
        except (restoring.NotEmpty, restoring.WrongKeys) as error:
            raise CommandError(str(error)) from None
        except StorageFailed as error:
            raise CommandError(f"Nothing was restored. {error}") from None
        except OSError as error:
            raise CommandError(f"{error.filename or path} can't be used: {error.strerror or error}.") from None
        except DatabaseError as error:
            raise CommandError(f"Nothing was restored. {database_error(error)}") from None
        return self._tell(path, made, done)

    def _tell(self, path: Path, made: str, done: restoring.Restored) -> None:
        self.stdout.write(f"Restored: {path}, {made}, {done.rows} rows, {done.files} saved content logs.")
        if done.missing:
            self.stdout.write(
                f"Saved content logs that the storage doesn't have: {done.missing}. They are fetched again while Azure "
                "has them. If LOG_STORAGE is wrong, correct it and restore again."
            )
        if done.unreadable:
            self.stdout.write(
                f"Secrets that no key of ENCRYPTION_KEYS decrypts: {done.unreadable}. Add the missing key, or remove "
                "them by rotate_keys --remove-unreadable and enter them again."
            )
        if done.settled and done.settled.changes:
            self.stdout.write(
                f"Open changes: {done.settled.changes}. Each is searched for in Azure before anything is sent, and "
                "left to a person if it isn't found."
            )
        self.stdout.write(SWITCHED_OFF if done.settled and done.settled.paused else "There is no Speech resource.")
        self.stdout.write("Everybody has to sign in again. Now run: python3 manage.py setup")

    def _resume(self) -> None:
        names = settling.resume()
        self.stdout.write(f"Resumed: {', '.join(names)}." if names else "No Speech resource was paused by a restore.")
