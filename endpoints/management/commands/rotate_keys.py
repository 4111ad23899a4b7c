"""Encrypts all secrets of the database with the first key of ENCRYPTION_KEYS."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from endpoints.models import encrypted_values


class Command(BaseCommand):
    help = (
        "Encrypt all secrets of the database with the first key of ENCRYPTION_KEYS. Can be interrupted and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENCRYPTION_KEYS:
            raise CommandError("ENCRYPTION_KEYS isn't set.", returncode=1)
        done = encrypted_values.rotate()
        self.stdout.write(f"Encrypted again: {done.replaced}. Already encrypted with the first key: {done.current}.")
        if done.unreadable:
            raise CommandError(
                f"No key of ENCRYPTION_KEYS decrypts {done.unreadable} of the secrets. They stay as they are. "
                "Keep all keys, add the missing one, and run this command again.",
                returncode=1,
            )
        if done.changed_meanwhile:
            raise CommandError(
                f"{done.changed_meanwhile} of the secrets changed meanwhile. Keep all keys and run this command again.",
                returncode=1,
            )
        if len(settings.ENCRYPTION_KEYS) > 1 and done.replaced:
            self.stdout.write(
                "Keep the other keys until web, worker and beat have restarted with the new first key and this "
                "command, run again, encrypts nothing."
            )
        elif len(settings.ENCRYPTION_KEYS) > 1:
            self.stdout.write("No secret in the database needs the other keys. Backups of it still do.")
            self.stdout.write(
                "If web, worker and beat have restarted with the new first key, remove the others from ENCRYPTION_KEYS."
            )
