"""Times of lists of the API beside those of the page, in one process. Runs as a process of its own and prints JSON."""

import json
import sys
import time
from pathlib import Path
from typing import Any

import django
from django.test import Client

from bench.api import LISTS
from bench.listing.pages import Table, prepare
from bench.product import LIST

LOADS_A_ROUND = 8


class Program:
    """Calls the API over the same table."""

    def __init__(self, table: Table) -> None:
        from django.contrib.auth import get_user_model

        from endpoints.access import tokens

        self.table = table
        table.use()
        person = get_user_model().objects.get()
        _token, secret = tokens.create(person, "benchmark", days=1, rights=None, actor=person)
        self.client = Client(SERVER_NAME="localhost", headers={"Authorization": f"Bearer {secret}"})

    def seconds(self, query: str) -> float:
        self.table.use()
        began = time.perf_counter()
        answer = self.client.get(f"/api/v1/endpoints{query}")
        took = time.perf_counter() - began
        if answer.status_code != 200 or len(answer.json()["items"]) != 50:
            raise SystemExit(f"{query} answered {answer.status_code}")
        return took


def main(home: Path, rounds: int, count: int) -> dict[str, Any]:
    table = Table(count, prepare(home, (count,))[count])
    program = Program(table)
    found: dict[str, Any] = {name: {"api": [], "page": []} for name in LISTS}
    for name, query in LISTS.items():
        pk = first_row(table, query)
        program.seconds(query)
        for _round in range(rounds):
            api, page = [], []
            for _load in range(LOADS_A_ROUND):
                table.change([pk])
                api.append(program.seconds(query))
                table.change([pk])
                page.append(table.seconds(LIST + query))
            found[name]["api"].append(api)
            found[name]["page"].append(page)
    return found


def first_row(table: Table, query: str) -> str:
    """The id of the first row of a page."""
    page = table.page(LIST + query)
    return page.partition('<tr id="endpoint-')[2][:36]


if __name__ == "__main__":
    django.setup()
    place, wanted, number = sys.argv[1:]
    print(json.dumps(main(Path(place), int(wanted), int(number))))
