"""Makes a backup of the installation while people work with it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from endpoints.upkeep.backups import keys, making, versions
from endpoints.upkeep.backups.stored_logs import Mode, StorageFailed
from speechstudio import __version__


class Command(BaseCommand):
    help = (
        "Write a backup of the database, and with --logs whole also of the saved content logs, to a new file. People "
        "can go on working. It fits SQLite and PostgreSQL, whichever it is made from. It lacks ENCRYPTION_KEYS."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the file to write; it must not exist")
        parser.add_argument(
            "--logs",
            choices=[mode.value for mode in Mode],
            default=Mode.REFERENCE.value,
            help="reference (default): saved content logs stay in their storage, which has its own backup; whole: they "
            "are in the file",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path, mode = options["file"], Mode(options["logs"])
        try:
            made = making.make(path, version=__version__, encryption_keys=settings.ENCRYPTION_KEYS, logs=mode)
        except FileExistsError:
            raise CommandError(f"{path} exists. A backup never overwrites a file: name a new one.") from None
        except (versions.NotCurrent, StorageFailed) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"{path} can't be written: {error.strerror or error}.") from None
        self.stdout.write(f"Backup: {path}, {path.stat().st_size} bytes, {made.rows} rows.")
        if mode == Mode.WHOLE:
            self.stdout.write(f"Saved content logs in it: {made.files} files, {made.bytes} bytes.")
            if made.missing:
                self.stdout.write(f"Not in it, because the storage no longer had them: {made.missing} files.")
        else:
            self.stdout.write("Saved content logs aren't in it: back up their storage too, or use --logs whole.")
        needed = ", ".join(keys.fingerprints(settings.ENCRYPTION_KEYS)) or "none"
        self.stdout.write(
            "ENCRYPTION_KEYS are NOT in it, and without them the secrets in it can't be read. Keep them elsewhere. "
            f"Fingerprints of the keys: {needed}."
        )
