"""Verifies that no event of Activity was changed, removed or added since it was sealed."""

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from endpoints.audit import verifying


class Command(BaseCommand):
    help = "Verify that no event of Activity was changed, removed or added. Exit code 1: one was; it is named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--expect", default="", metavar="HASH", help="a hash that an earlier run has printed")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["expect"] and not re.fullmatch("[0-9a-f]{64}", options["expect"]):
            raise CommandError("--expect: enter the hash of 64 characters that an earlier run has printed.")
        result = verifying.verify(expected=options["expect"])
        verifying.record(result)
        if result.late:
            self.stdout.write(f"Recorded late: {', '.join(map(str, result.late[:20]))} ({len(result.late)} in all)")
        until = f"{result.until:%Y-%m-%d %H:%M:%S} UTC" if result.until else "never: nothing is sealed yet"
        self.stdout.write(f"Verified until {until}: {result.events} events, {result.seal} seals")
        if result.hash:
            self.stdout.write(f"Hash of the last seal, to be kept elsewhere: {result.hash}")
        if result.problem:
            event = f"Event {result.event}" if result.event else "An event at the end"
            raise CommandError(f"{event} {result.problem.label}.")
