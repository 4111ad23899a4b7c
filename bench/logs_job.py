"""Many small files to one zip by a real worker, beside aria2c; and what the processes weigh meanwhile."""

import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from django.db import connection

from bench.durability import control, rows_of
from bench.figures import Goal, Row, Sample
from bench.product import Failed, Person, Product, command_line, room
from bench.script import KEY_HEADER
from endpoints.models import Download, Endpoint, LogArchive, LogDay, LogEntry
from endpoints.models.download import DownloadState

PART = "logs"
PAIRS, PAIRS_FULL = 500, 2_000
SMALL = 64_000
LARGE, LARGE_FULL = 1 << 30, 10 << 30
ENDPOINTS = 12
AT_ONCE = 8
PATIENCE_SECONDS = 1800
MIB = 1024 * 1024


def measure(place: Path, rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    with Product("--control", "--endpoints", ENDPOINTS, place=place) as product:
        person = Person(product).sign_in()
        person.wait_for_rows(ENDPOINTS)
        with rows_of(product):
            found = many_small(product, person, rounds, PAIRS_FULL if full else PAIRS, say)
            return [*found, *weighed(product, person, LARGE_FULL if full else LARGE, say)]


def many_small(product: Product, person: Person, rounds: int, pairs: int, say: Callable[[str], None]) -> list[Row]:
    ours: list[list[float]] = []
    theirs: list[list[float]] = []
    there = bool(shutil.which("aria2c"))
    if not there:
        say("logs: aria2c is not installed, so nothing is measured beside it")
    endpoint = with_logs(product, person, pairs, SMALL)
    with tempfile.TemporaryDirectory(prefix="aria2c-", dir=product.var) as place:
        for number in range(rounds + 1):
            say(f"logs: {2 * pairs:,} small files, round {number} of {rounds}" if number else "logs: to warm up")
            turns: list[Callable[[], None]] = [lambda: ours.append([zipped(person, endpoint, 2 * pairs)])]
            if there:
                turns.append(lambda: theirs.append([by_aria2c(product, endpoint, 2 * pairs, Path(place))]))
            for turn in turns if number % 2 == 0 else reversed(turns):
                forget()  # the files of all rounds stay until the end, so that no deletion disturbs the next one
                turn()
    clear()
    del ours[:1], theirs[:1]
    peers = {f"aria2c -j{AT_ONCE}, the same addresses, no zip": Sample(theirs)} if there else {}
    what = f"{pairs:,} pairs of small files, from asking to the zip"
    return [Row(PART, what, Sample(ours), peers, Goal(times=2) if there else None)]


def weighed(product: Product, person: Person, largest: int, say: Callable[[str], None]) -> list[Row]:
    """The worker while it fetches and packs, the web server while it gives the zip out: above the same with 1 MB."""
    if room(product.var) < 4 * largest:
        say(f"logs: no room on the disk to weigh the processes with {largest >> 20:,} MiB")
        return []
    found: dict[str, dict[str, float]] = {}
    for size in (MIB, largest):
        say(f"logs: weighing the worker and the web server with a recording of {size >> 20:,} MiB")
        endpoint = with_logs(product, person, 1, size)
        zipped(person, endpoint, 2)  # not counted: what the processes need once only
        given(person)
        clear()
        with weighing(product) as peaks:
            zipped(person, endpoint, 2)
            given(person)
        clear()
        found[f"{size >> 20:,} MiB"] = {name: round(peak / MIB, 1) for name, peak in peaks.items()}
    small, large = found.values()
    rows = []
    for name in ("worker", "web"):
        more = Sample([[max(0.0, large.get(name, 0) - small.get(name, 0))]], unit="MiB")
        what = f"memory of the {name}, {largest >> 20:,} MiB above 1 MiB"
        rows.append(Row(PART, what, more, goal=Goal(at_most=16), detail=found))
    return rows


def with_logs(product: Product, person: Person, pairs: int, size: int) -> Endpoint:
    """An endpoint of the demo with so many content logs at the service."""
    clear()
    options = {"endpoints": ENDPOINTS, "logs": pairs, "log_bytes": size, "rate_limit": "0/0"}
    control(product, "reset", options)
    endpoint = Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
    if endpoint is None:
        raise Failed("The demo has no endpoint that logs.")
    return endpoint


def zipped(person: Person, endpoint: Endpoint, files: int) -> float:
    """Press Download log, and wait until it is ready."""
    began = time.perf_counter()
    answer = person.post(f"/endpoints/{endpoint.pk}/download/")
    if answer.status_code >= 400:
        raise Failed(f"The download could not be asked for: {answer.status_code}")
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        download = Download.objects.order_by("-created_at").first()
        if download and download.state == DownloadState.READY:
            break
        if (download and not download.active) or time.monotonic() > until:
            raise Failed(f"The zip was not made: {download and (download.error or download.state)}")
        person.product.check_alive()
        time.sleep(0.02)
    took = time.perf_counter() - began
    if download.files_done != files:
        raise Failed(f"{download.files_done} files were fetched instead of {files}.")
    return took


def given(person: Person) -> None:
    """The zip through the web server, to nowhere."""
    download = Download.objects.get()
    with person.browser.stream("GET", f"/downloads/{download.pk}/file/") as answer:
        if answer.status_code != httpx.codes.OK or sum(len(piece) for piece in answer.iter_raw()) != download.size:
            raise Failed("The zip did not come whole.")


def forget() -> None:
    """As if nobody had ever requested a download; the files stay, and the next ones get other names."""
    for rows in (Download, LogArchive, LogDay, LogEntry):
        rows.objects.all().delete()


def clear() -> None:
    forget()
    logs = Path(str(connection.settings_dict["NAME"])).parent / "logs"  # the demo's
    for directory in logs.iterdir() if logs.exists() else ():
        shutil.rmtree(directory, ignore_errors=True)


def by_aria2c(product: Product, endpoint: Endpoint, files: int, place: Path) -> float:
    """aria2c with the same addresses, which it is given before the clock starts. The files stay in `place`."""
    url = f"http://127.0.0.1:{product.simulator_port}/speechtotext/v3.2/endpoints/{endpoint.remote_id}/files/logs"
    lines: list[str] = []
    with httpx.Client(headers={KEY_HEADER: product.simulator_key}, timeout=60) as client:
        address: str | None = url
        while address:
            page: dict[str, Any] = client.get(address).json()
            lines += [f"{file['links']['contentUrl']}\n out={file['name']}\n" for file in page["values"]]
            address = page.get("@nextLink")
    target = Path(tempfile.mkdtemp(dir=place))
    listed = target.with_suffix(".addresses")
    listed.write_text("".join(lines))
    command = ["aria2c", "-q", f"-j{AT_ONCE}", "--file-allocation=none", "-i", str(listed), "-d", str(target)]
    began = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    took = time.perf_counter() - began
    if done.returncode or len(list(target.iterdir())) != files:
        raise Failed("aria2c did not fetch the files.")
    return took


@contextmanager
def weighing(product: Product) -> Iterator[dict[str, float]]:
    """The largest resident size of one process of the worker and of the web server, as long as the block runs."""
    signs = {"celery": "worker", "gunicorn": "web"}
    peaks: dict[str, float] = {}
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            for pid in product.family():
                name = next((name for sign, name in signs.items() if sign in command_line(pid)), "")
                if name:
                    peaks[name] = max(peaks.get(name, 0), resident(pid))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield peaks
    finally:
        over.set()
        thread.join()


def resident(pid: int) -> float:
    """Bytes; 0 when it has just ended."""
    with suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
    return 0
