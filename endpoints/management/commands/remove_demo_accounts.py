"""Removes the accounts of a demo, so that its database can be used by another installation."""

from typing import Any

from django.core.management.base import BaseCommand

from endpoints.access import demo_accounts


class Command(BaseCommand):
    help = "Remove the accounts of a demo that still have the demo's password, with their sessions and own settings."
    requires_system_checks = []  # they refuse a database with these accounts

    def handle(self, *args: Any, **options: Any) -> None:
        people = demo_accounts.remaining()
        for person in people:
            person.delete()
            self.stdout.write(f"Removed: {person.get_username()}")
        if not people:
            self.stdout.write("No account has the demo's password.")
        else:
            self.stdout.write("What they did stays in Activity. To add your own account, run createsuperuser.")
