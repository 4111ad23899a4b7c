"""The benchmarks, as one table with the peers beside us."""

import json
import platform
import signal
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bench import accept, addresses, api, bulkhead, durability, logs, rows, sign_ins, start, watch
from bench import list as listing
from bench.figures import Noise, Row, table
from bench.product import Failed
from speechstudio.demo.processes import CannotStart
from speechstudio.var import directory

PARTS = {
    "rows": rows.measure,
    "start": start.measure,
    "accept": accept.measure,
    "api": api.measure,
    "durability": durability.measure,
    "list": listing.measure,
    "logs": logs.measure,
    "bulkhead": bulkhead.measure,
    "sign-ins": sign_ins.measure,
    "watch": watch.measure,
    "addresses": addresses.measure,
}
FEWEST_ROUNDS = 5


class Command(BaseCommand):
    help = "Measure the product beside its peers, print one table, and write bench.json to VAR."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all when none is named")
        parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS, help=f"at least {FEWEST_ROUNDS}, the default")
        parser.add_argument(
            "--full", action="store_true", help="run the slowest peer to its end instead of a part of it"
        )
        parser.add_argument("--strict", action="store_true", help="exit with code 1 when a goal is missed")

    def handle(self, *args: Any, **options: Any) -> None:
        if sys.platform != "linux":
            raise CommandError("The benchmarks read /proc, so they need Linux.", returncode=1)
        if unknown := [part for part in options["parts"] if part not in PARTS]:
            raise CommandError(f"{unknown[0]} isn't a benchmark. Choose from {', '.join(PARTS)}.", returncode=1)
        if options["rounds"] < FEWEST_ROUNDS:
            raise CommandError(f"--rounds must be at least {FEWEST_ROUNDS}.", returncode=1)
        signal.signal(signal.SIGTERM, _interrupt)
        noise = Noise()
        noise.listen()
        found: list[Row] = []
        try:
            for part in options["parts"] or PARTS:
                found += PARTS[part](options["rounds"], full=options["full"], say=self._say)
                noise.listen()
        except (Failed, CannotStart) as error:
            raise CommandError(str(error), returncode=1) from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted", returncode=130) from None
        self._write(found, noise)
        if options["strict"] and any(row.holds is False for row in found):
            raise CommandError("A goal wasn't met.", returncode=1)

    def _write(self, found: list[Row], noise: Noise) -> None:
        self.stdout.write(table(found))
        self.stdout.write(
            "Medians, unless a measure names another; in brackets the 95 % interval. "
            "A ratio holds when its whole interval does."
        )
        self.stdout.write(str(noise))
        content = {
            "at": timezone.now().isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "noise": noise.json(),
            "rows": [row.json() for row in found],
        }
        file = directory(settings.VAR) / "bench.json"
        file.write_text(json.dumps(content, indent=2) + "\n")
        self.stdout.write(f"Written to {file}")

    def _say(self, line: str) -> None:
        self.stderr.write(line)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
