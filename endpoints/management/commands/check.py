"""Django's `check`, and whether the stored secrets can be decrypted."""

from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import check
from django.db import DatabaseError

from endpoints.models import encrypted_values
from endpoints.models.secret import LOCKED, locked


class Command(check.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if options["list_tags"]:
            return
        try:
            found, unreadable = locked(), encrypted_values.unreadable()
        except DatabaseError:  # not there yet, or not reachable: the settings alone were checked
            return
        if found:
            raise CommandError(f"(endpoints.E020) {LOCKED}", returncode=1)
        if unreadable:
            said = f"(endpoints.E021) No key of ENCRYPTION_KEYS decrypts {unreadable} of the stored secrets."
            raise CommandError(said, returncode=1)
