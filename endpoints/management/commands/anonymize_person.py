"""Makes a person anonymous: deletes their account, and erases their name from Activity and from what they requested."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from endpoints.access import anonymous
from endpoints.audit import rights


class Command(BaseCommand):
    help = (
        "Delete the account of a person, and erase their name from Activity and from what they requested. It can't be "
        "undone. Activity can still be verified."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="their username, also of an account that is gone")
        parser.add_argument("--yes", action="store_true", help="do it; otherwise it's only said what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        with rights.owner_connected(settings.SETUP_DATABASE):
            if not rights.can_erase():
                raise CommandError(rights.CANNOT_ERASE)
            person = anonymous.identity(options["name"])
            if person is None:
                raise CommandError(f"No account and no event has the name {options['name']}.")
            if not options["yes"]:
                account = "the account would be deleted, and " if person.account else ""
                self.stdout.write(f"{account}{person.events()} events would be made anonymous.".capitalize())
                self.stdout.write("Nothing was changed. To do it, add --yes.")
                return
            changed = anonymous.anonymize(person)
        if person.account:
            self.stdout.write("The account was deleted.")
        self.stdout.write(f"Made anonymous: {changed} events. Reasons that were typed may still contain the name.")
