"""The list of content logs of one endpoint at different lengths, measured like the list of endpoints.

Run as a process of its own, with the settings of the product, it prints seconds as JSON.
"""

import json
import random
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.figures import Goal, Row, Sample
from bench.product import ROOT, Failed, of_an_installation

PART = "logs"
SIZES = (100, 100_000)
GROWTH = 1.15
LOADS_A_ROUND = 8
COMMON, RARE, RARE_TIMES = "invoice", "zeppelin", 40
FIRST, LAST, ENDPOINT = "newest first", "last page", "the endpoint's page, with its quality"
PAGES = {
    FIRST: "",
    LAST: "?page=last",
    "searched, a rare word": f"?q={RARE}",
    "searched, a common word": f"?q={COMMON}",
    "searched, two letters": "?q=so",
    "of one day": "?from={day}&to={day}",
    "confidence below 50 %": "?below=50",
    "no result": "?result=none",
    "incomplete": "?partial=1",
    "one entry": "{entry}/",
    ENDPOINT: "../",
}
LISTS = (FIRST, LAST)  # the page has as many rows whatever the length
EQUAL = (*LISTS, ENDPOINT)
QUICK = 0.3  # seconds: a search through all of them


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    """Rows of the part `logs`: pages over 100,000 entries beside the same over 100."""
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        home = Path(place)
        env = of_an_installation(home, "speechstudio.settings")
        command = [sys.executable, "-m", "bench.log_list", str(home), str(rounds)]
        done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Failed("The pages of content logs could not be measured; the lines above say why.")
    found = json.loads(done.stdout.splitlines()[-1])
    return [_row(name, {int(size): times for size, times in found[name].items()}) for name in PAGES]


def _row(name: str, seconds: dict[int, list[list[float]]]) -> Row:
    shortest, longest = (Sample(seconds[size], quantile=0.95) for size in SIZES)
    goal = Goal(growth=GROWTH) if name in EQUAL else Goal(at_most=QUICK)
    return Row(PART, f"{max(SIZES):,} entries, p95: {name}", longest, {f"with {min(SIZES)} entries": shortest}, goal)


# --- In the process with the settings of the product ------------------------------------------------


def main(home: Path, rounds: int) -> dict[str, dict[int, list[list[float]]]]:
    from bench.listing.pages import Table

    say(f"logs: making lists of {' and '.join(f'{size:,}' for size in SIZES)} entries")
    tables = {size: Table(size, place) for size, place in _prepare(home).items()}
    addresses = {size: _addresses(table) for size, table in tables.items()}
    found: dict[str, dict[int, list[list[float]]]] = {name: {size: [] for size in SIZES} for name in PAGES}
    for number in range(-1, rounds):  # the first round makes each page warm
        say(f"logs: lists, round {number + 1} of {rounds}")
        for name in PAGES:
            times = _loads(tables, {size: addresses[size][name] for size in SIZES}, backwards=number % 2 == 1)
            for size in SIZES if number >= 0 else ():
                found[name][size].append(times[size])
    return found


def _loads(tables: dict[int, Any], address: dict[int, str], *, backwards: bool) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    for _load in range(LOADS_A_ROUND):
        for size in reversed(SIZES) if backwards else SIZES:
            times[size].append(tables[size].seconds(address[size]))
    return times


def _addresses(table: Any) -> dict[str, str]:
    from endpoints.models import Endpoint, LogEntry

    table.use()
    middle = LogEntry.objects.order_by("at")[table.count // 2]
    endpoint = f"/endpoints/{Endpoint.objects.get().pk}/"
    found = {name: f"{endpoint}logs/" + query.format(day=middle.day, entry=middle.pk) for name, query in PAGES.items()}
    found[ENDPOINT] = endpoint
    if "quality-chart" not in table.page(endpoint):
        raise SystemExit("The endpoint's page has no chart of its quality")
    for name in LISTS:
        if (rows := table.page(found[name]).count('<tr id="entry-')) != 50:
            raise SystemExit(f"There are {rows} rows at {found[name]} with {table.count} entries")
    return found


def _prepare(home: Path) -> dict[int, Path]:
    """A VAR for each size, with its database."""
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, connection, connections

    call_command("setup", stdout=sys.stderr)
    connection.close()
    empty = connections.settings[DEFAULT_DB_ALIAS]["NAME"]
    homes = {}
    for size in SIZES:
        homes[size] = home / str(size)
        homes[size].mkdir(mode=0o700)
        connection.settings_dict["NAME"] = str(shutil.copy(empty, homes[size] / "db.sqlite3"))
        began = time.monotonic()
        _build(size)
        say(f"logs: {size:,} entries were made in {time.monotonic() - began:.0f} s")
    connection.settings_dict["NAME"] = empty
    return homes


def _build(count: int) -> None:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.db import connection, transaction

    from bench.listing.data import CHUNK, PERSON, insert
    from endpoints.models import Endpoint, LogArchive, LogFile, Resource, Sweep
    from endpoints.watch.quality import watching

    later = datetime.now(UTC) + timedelta(days=1)
    with transaction.atomic():
        get_user_model().objects.create_superuser(PERSON).groups.add(Group.objects.get(name="admin"))
        Sweep.objects.create(pk=1, at=later)
        resource = Resource.objects.create(name="Contoso Speech", region="eastus", mirrored_at=later)
        endpoint = Endpoint.objects.create(
            resource=resource, remote_id=str(uuid.uuid4()), display_name="Hotline", logging_enabled=True
        )
        LogArchive.objects.create(endpoint=endpoint, checked_at=later, listed_at=later, due_at=None)
        entries = _entries(endpoint, count, later)
        while chunk := list(islice(entries, CHUNK)):
            insert(chunk)
            halves = [
                (entry, kind, end) for entry in chunk for kind, end in (("Audio", "wav"), ("Transcription", "v2.json"))
            ]
            insert(
                [
                    LogFile(
                        endpoint=endpoint,
                        entry=entry,
                        remote_id=f"{entry.key}_{end}",
                        name=f"{entry.key[11:]}.{end}",
                        kind=kind,
                        size=entry.pk % 90_000,
                        created_at=entry.at,
                        seen_at=later,
                        stored_as="here" if entry.pk % 3 else "",
                    )
                    for entry, kind, end in halves
                    if (end == "wav" and entry.has_audio) or (end != "wav" and entry.has_transcript)
                ]
            )
    began = time.monotonic()
    watching.take(endpoint)
    say(f"logs: {count:,} entries were added to the sums of their days in {time.monotonic() - began:.1f} s")
    connection.close()


def _entries(endpoint: Any, count: int, now: datetime) -> Iterator[Any]:
    """Thirty days of calls, each of two to five sentences."""
    from endpoints.models import LogEntry
    from endpoints.simulator.recognition.sentences import SENTENCES

    chance = random.Random(count)
    begun = now - timedelta(days=29)
    rare = max(1, count // RARE_TIMES)
    for n in range(count):
        at = begun + timedelta(days=28) * n / count
        nothing = n % 50 == 7
        text = "" if nothing else " ".join(chance.choices(SENTENCES["en"], k=chance.randint(2, 5)))
        yield LogEntry(
            pk=n + 1,
            endpoint=endpoint,
            key=f"{at:%Y-%m-%d_%H%M%S}__{uuid.UUID(int=chance.getrandbits(128), version=4)}",
            at=at,
            day=at.date(),
            duration=timedelta(seconds=chance.uniform(1, 30)),
            outcome="nothing" if nothing else "recognized",
            text=f"{text} {RARE}" if n % rare == 0 and n // rare < RARE_TIMES else text,
            confidence=None if nothing else chance.uniform(0.45, 0.99),
            has_audio=n % 97 != 0,
            has_transcript=n % 89 != 0,
        )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]))))
