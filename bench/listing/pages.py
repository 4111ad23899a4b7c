"""Times of pages, requested in the process that renders them. Runs as a process of its own and prints JSON."""

import json
import re
import shutil
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench.listing import bulk
from bench.product import LIST, ROW

LOADS_A_ROUND, LOADS_OF_PEERS = 8, 5
ENOUGH_FOR_BULK = 1_000  # endpoints, of which more than half can be changed
VARIANTS = 4  # consecutive pages, so that not always the same rows are read
FIRST, NEW_ROWS = "newest first", "newest first, after a change of each row"
AFTER_CHANGE = ", after a change"  # of one row, which makes the cached page out of date
OURS = {
    FIRST: "",
    "sorted by name": "?sort=name",
    "by expiration, latest first": "?sort=-expiration",
    "of one locale": "?locale=en-US",
    "of status Failed": "?status=Failed",
    "expiring within 90 days": "?expiring=90",
    "searched, a rare word": "?q=zeppelin",
    "searched, a common word": "?q=customer",
    "searched, a short word": "?q=of",
    "last page": "?page=last",
}
ADMIN, TABLES2 = "Django admin", "django-tables2"
PEERS = {
    ADMIN: {FIRST: "/peers/admin/endpoints/endpoint/", "sorted by name": "/peers/admin/endpoints/endpoint/?o=1"},
    TABLES2: {
        FIRST: "/peers/tables2/",
        "sorted by name": "/peers/tables2/?sort=display_name",
    },
}


class Table:
    """The pages over one of the databases, for somebody who is signed in."""

    def __init__(self, count: int, home: Path) -> None:
        from django.contrib.auth import get_user_model

        self.count = count
        self.alias = f"endpoints_{count}"
        connections.settings[self.alias] = {**connections.settings[DEFAULT_DB_ALIAS], "NAME": str(home / "db.sqlite3")}
        self.use()
        self.client = Client(SERVER_NAME="localhost")
        self.client.force_login(get_user_model().objects.get())

    def use(self) -> None:
        connections[DEFAULT_DB_ALIAS] = connections[self.alias]

    def page(self, address: str) -> str:
        answer = self.client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} over {self.count:,} endpoints answered {answer.status_code}")
        return answer.content.decode()

    def seconds(self, address: str) -> float:
        self.use()
        began = time.perf_counter()
        answer = self.client.get(address)
        took = time.perf_counter() - began
        if answer.status_code != 200:
            raise SystemExit(f"{address} over {self.count:,} endpoints answered {answer.status_code}")
        return took

    def change(self, pks: list[str]) -> None:
        """Change a row, so that the cached pages are out of date."""
        from endpoints.models import Endpoint

        self.use()
        Endpoint.objects.filter(pk__in=pks).update(updated_at=timezone.now())

    def variants(self, query: str) -> list[str]:
        """The page and those that follow it, as far as they have as many rows."""
        found, way = [LIST + query], "previous" if "last" in query else "next"
        page = first = self.page(found[0])
        while len(found) < VARIANTS and (link := re.search(rf'id="page-{way}"[^>]* href="([^"]+)"', page)):
            page = self.page(unescape(link[1]))
            if page.count(ROW) != first.count(ROW):
                break
            found.append(unescape(link[1]))
        return found

    def facts(self, query: str) -> dict[str, int]:
        """Rows on the page, its bytes before compression, and the queries it takes."""
        self.use()
        self.page(LIST + query)
        with CaptureQueriesContext(connection) as queries:
            page = self.page(LIST + query)
        return {"rows": page.count(ROW), "bytes": len(page.encode()), "queries": len(queries)}


def prepare(home: Path, sizes: tuple[int, ...]) -> dict[int, Path]:
    """A VAR for each size, with its database."""
    from bench.listing.data import build

    homes = {}
    call_command("setup")
    connection.close()
    empty = connections.settings[DEFAULT_DB_ALIAS]["NAME"]
    for count in sizes:
        homes[count] = home / str(count)
        homes[count].mkdir(mode=0o700)
        connection.settings_dict["NAME"] = str(shutil.copy(empty, homes[count] / "db.sqlite3"))
        build(count)
    connection.settings_dict["NAME"] = empty
    return homes


def ours(tables: dict[int, Table], rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Each page over each of the databases in turns, load by load: after something has changed, and again."""
    plans = [Plan(query, tables) for query in OURS.values()] if rounds else []
    seconds: dict[str, Any] = {}
    for number in range(rounds):
        say(f"list: pages, round {number + 1} of {rounds}")
        order = list(tables) if number % 2 == 0 else list(reversed(tables))
        for name, plan in zip(OURS, plans, strict=True):
            plan.load(order, VARIANTS if number == 0 else 0, seconds, name)
        plans[0].load_new_rows(order, seconds)
    facts = {name: {count: table.facts(query) for count, table in tables.items()} for name, query in OURS.items()}
    return {"seconds": seconds, "facts": facts}


class Plan:
    """Loads of one page and those that follow it."""

    def __init__(self, query: str, tables: dict[int, Table]) -> None:
        self.tables = tables
        self.addresses: dict[int, list[str]] = {}
        self.rows: dict[int, list[list[str]]] = {}
        for count, table in tables.items():
            table.use()
            self.addresses[count] = table.variants(query)
            self.rows[count] = [re.findall(rf'{ROW}([^"]+)"', table.page(at)) for at in self.addresses[count]]

    def load(self, order: list[int], uncounted: int, seconds: dict[str, Any], name: str) -> None:
        """`uncounted` loads come first, so that each page is warm."""
        after, again = _begin(seconds, name + AFTER_CHANGE, order), _begin(seconds, name, order)
        for load in range(-uncounted, LOADS_A_ROUND):
            for count in order:
                table, turn = self.tables[count], load % len(self.addresses[count])
                table.change(self.rows[count][turn][:1])
                times = [table.seconds(self.addresses[count][turn]) for _ in range(2)]
                if load >= 0:
                    after[count].append(times[0])
                    again[count].append(times[1])

    def load_new_rows(self, order: list[int], seconds: dict[str, Any]) -> None:
        """The first page with no row as it was."""
        found = _begin(seconds, NEW_ROWS, order)
        for _ in range(LOADS_A_ROUND):
            for count in order:
                self.tables[count].change(self.rows[count][0])
                found[count].append(self.tables[count].seconds(self.addresses[count][0]))


def _begin(seconds: dict[str, Any], name: str, order: list[int]) -> dict[int, list[float]]:
    """A round more of this measure, with nothing in it yet."""
    rounds: dict[int, list[list[float]]] = seconds.setdefault(name, {count: [] for count in order})
    for count in order:
        rounds[count].append([])
    return {count: rounds[count][-1] for count in order}


def peers(table: Table, rounds: int, say: Callable[[str], None]) -> dict[str, Any]:
    """The others' pages over one of the databases."""
    found: dict[str, Any] = {peer: {name: [] for name in pages} for peer, pages in PEERS.items()}
    table.use()
    for peer, pages in PEERS.items():
        for address in pages.values():
            if (rows := table.page(address).partition("<tbody")[2].count("<tr")) != min(50, table.count):
                raise SystemExit(f"{peer} shows {rows} rows at {address}")
    for number in range(rounds):
        say(f"list: peers, round {number + 1} of {rounds}")
        for peer, pages in PEERS.items() if number % 2 == 0 else reversed(PEERS.items()):
            for name, address in pages.items():
                found[peer][name].append([table.seconds(address) for _ in range(LOADS_OF_PEERS)])
    return found


def main(home: Path, rounds: int, sizes: tuple[int, ...]) -> dict[str, Any]:
    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    began = time.monotonic()
    say(f"list: making tables of {', '.join(f'{count:,}' for count in sizes)} endpoints")
    homes = prepare(home, sizes)
    say(f"list: they were made in {time.monotonic() - began:.0f} s")
    tables = {count: Table(count, homes[count]) for count in sizes}
    longest = tables[max(sizes)]
    found: dict[str, Any] = {"ours": ours(tables, rounds, say), "peers": peers(longest, rounds, say)}
    middle = next((table for count, table in tables.items() if count >= ENOUGH_FOR_BULK), longest)
    middle.use()
    found["bulk"] = bulk.seconds(middle.client, rounds, say)
    found["cookie"] = "; ".join(f"{name}={cookie.value}" for name, cookie in longest.client.cookies.items())
    return found


if __name__ == "__main__":
    django.setup()
    place, wanted, *counts = sys.argv[1:]
    print(json.dumps(main(Path(place), int(wanted), tuple(map(int, counts)))))
