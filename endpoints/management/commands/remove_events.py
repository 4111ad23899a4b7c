"""Removes the events of Activity whose retention period has ended."""

from argparse import ArgumentTypeError
from datetime import UTC, date, datetime, time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from endpoints.audit import erasing, rights, sealing
from endpoints.upkeep import tidying


class Command(BaseCommand):
    help = "Remove the events of Activity from before a day. It can't be undone. Activity can still be verified."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before",
            type=_day,
            metavar="DATE",
            help="the first day to keep (UTC), such as 2026-01-31; without it, RETENTION_DAYS says how many",
        )
        parser.add_argument("--yes", action="store_true", help="do it; otherwise it's only said what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        day = options["before"] or self._by_setting()
        at = datetime.combine(day, time(), UTC)
        if at > timezone.now():
            raise CommandError(f"{day} is in the future.")
        with rights.owner_connected(settings.SETUP_DATABASE):
            if not rights.can_erase():
                raise CommandError(rights.CANNOT_ERASE)
            if not options["yes"]:
                self.stdout.write(f"{erasing.before(at).count()} events from before {day} (UTC) would be removed.")
                self.stdout.write("Nothing was changed. To do it, add --yes.")
                return
            sealing.seal_all()  # only what is sealed can be removed
            removed = tidying.remove_events(at)
        self.stdout.write(f"Removed: {removed} events from before {day} (UTC).")

    def _by_setting(self) -> date:
        if not (days := settings.RETENTION_DAYS["events"]):
            raise CommandError("RETENTION_DAYS has no days for events. Name the first day to keep by --before.")
        return tidying.first_day_to_keep(days).date()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text} isn't a day such as 2026-01-31") from None
