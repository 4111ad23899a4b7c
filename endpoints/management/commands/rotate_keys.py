"""Encrypts all secrets of the database with the first key of ENCRYPTION_KEYS."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from endpoints import audit
from endpoints.mirror.resources import SECRETS, set_web_hook
from endpoints.models import Resource, encrypted_values
from endpoints.models.verbs import Verb


class Command(BaseCommand):
    help = (
        "Encrypt all secrets of the database with the first key of ENCRYPTION_KEYS. Can be interrupted and run again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--remove-unreadable",
            action="store_true",
            help="first remove the secrets that no key of ENCRYPTION_KEYS decrypts, because their key is lost",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.ENCRYPTION_KEYS:
            raise CommandError("ENCRYPTION_KEYS isn't set.", returncode=1)
        if options["remove_unreadable"]:
            self._remove_unreadable()
        done = encrypted_values.rotate()
        self.stdout.write(f"Encrypted again: {done.replaced}. Already encrypted with the first key: {done.current}.")
        if done.unreadable:
            raise CommandError(
                f"No key of ENCRYPTION_KEYS decrypts {done.unreadable} of the secrets. They stay as they are. "
                "Keep all keys, add the missing one, and run this command again. If it is lost, "
                "--remove-unreadable removes them, and they have to be entered again.",
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

    def _remove_unreadable(self) -> None:
        with transaction.atomic():
            removed = encrypted_values.remove_unreadable()
            for row, name in removed:
                if not isinstance(row, Resource):
                    continue
                if name == "hook_secret" and row.hook_enabled:
                    for enabled in (False, True):  # with another address and secret
                        set_web_hook(row, enabled=enabled)
                elif name in SECRETS:
                    fields = [audit.field_change(name, getattr(row, name), None)]
                    audit.record(Verb.RESOURCE_CHANGED, resource=row, fields=fields)
        self.stdout.write(f"Removed, because no key decrypts them: {len(removed)}.")
