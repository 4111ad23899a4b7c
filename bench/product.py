"""Starts the demo as a process, and requests its pages as a person does."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from speechstudio.demo.processes import Processes, free_port
from speechstudio.var import broker_socket

ROOT = Path(__file__).resolve().parent.parent
LIST = "/endpoints/"
ROW = '<tr id="endpoint-'
PATIENCE_SECONDS = 60


class Failed(Exception):
    """Why nothing can be measured, in one line."""


class Product:
    """`python3 manage.py demo` with a VAR of its own in `place`; removed when the block ends."""

    def __init__(self, *options: str | int, place: Path | None = None) -> None:
        self.port, self.simulator_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.var = Path(tempfile.mkdtemp(prefix="speechstudio-bench-", dir=place))
        self.options = [str(option) for option in options]
        self.processes = Processes(self.var / "log")

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise

    def start(self) -> Self:
        env = environment(VAR=self.var, PORT=self.port, SIMULATOR_PORT=self.simulator_port, HOME=self.var)
        # The interpreter outside of .venv, because restarting inside is part of the time that a person waits.
        outside = Path(sys.base_prefix) / "bin" / "python3"
        python = str(outside) if outside.exists() else sys.executable
        self.processes.start("demo", [python, str(ROOT / "manage.py"), "demo", *self.options], env)
        return self

    def stop(self) -> None:
        ours = [(pid, began(pid)) for pid in self.family()]
        for pid, _born in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self.processes.stop()
        for pid, born in ours:
            if born and began(pid) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(broker_socket(self.var).parent, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)

    @property
    def simulator_key(self) -> str:
        return (self.var / "simulator-key").read_text().strip()

    def family(self) -> list[int]:
        """The demo and all processes below it."""
        demo = self.processes.running.get("demo")
        return [demo.pid, *descendants(demo.pid)] if demo else []

    @contextlib.contextmanager
    def without_service(self) -> Iterator[None]:
        """Inside the block, the simulator accepts connections and never responds."""
        found = [pid for pid in self.family() if "endpoints.simulator" in command_line(pid)]
        if not found:
            raise Failed("The demo has no simulator.")
        for pid in found:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in found:
                os.kill(pid, signal.SIGCONT)

    def check_alive(self) -> None:
        if "demo" in self.processes.ended():
            raise Failed(self.processes.why("demo"))


class Person:
    """One of the demo's accounts, with cookies and persistent connections like a browser."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.browser = httpx.Client(base_url=product.url, timeout=30)

    def sign_in(self, name: str = "admin") -> Self:
        self.wait_until(self.answers)
        address = self.browser.get(LIST).headers["Location"]
        self.browser.get(address)
        answer = self.post(address, username=name, password="demo")
        if answer.status_code != httpx.codes.FOUND:
            raise Failed(f"{name} could not sign in: {answer.status_code}")
        return self

    def post(self, address: str, **typed: str) -> httpx.Response:
        return self.browser.post(address, data={"csrfmiddlewaretoken": self.browser.cookies["csrftoken"], **typed})

    def page(self, address: str = LIST) -> str:
        answer = self.browser.get(address)
        if answer.status_code != httpx.codes.OK:
            raise Failed(f"{address} answered {answer.status_code}")
        return answer.text

    def all_pages(self) -> list[str]:
        """The list from its first page to its last."""
        found = [self.page()]
        while following := re.search(r'id="page-next" rel="next" href="([^"]+)"', found[-1]):
            found.append(self.page(following[1].replace("&amp;", "&")))
        return found

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return self.browser.get(LIST).status_code < 500
        return False

    def sees(self, count: int) -> bool:
        """Whether the first page has `count` rows; not while the product is down."""
        with contextlib.suppress(httpx.TransportError):
            return self.browser.get(LIST).text.count(ROW) == count
        return False

    def wait_for_rows(self, count: int) -> None:
        """Until the list, over all its pages, has `count` rows."""
        self.wait_until(lambda: sum(page.count(ROW) for page in self.all_pages()) == count, every=0.2)

    def wait_until(self, true: Callable[[], bool], every: float = 0.01) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while not true():
            self.product.check_alive()
            if time.monotonic() > until:
                raise Failed(f"The demo was not ready within {PATIENCE_SECONDS} s.")
            time.sleep(every)


def room(place: Path) -> int:
    """Bytes that files in `place` may take; in a file system in memory, half of what is available."""
    free = shutil.disk_usage(place).free
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    _mount, kind = max((one for one in mounts if place.resolve().is_relative_to(one[0])), key=lambda one: len(one[0]))
    if kind != "tmpfs":
        return free
    available = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return min(free, int(available.split()[1]) * 1024 // 2)


def environment(**more: object) -> dict[str, str]:
    """An environment without the settings of the person who runs the benchmark."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, **{name: str(value) for name, value in more.items()}}


def of_an_installation(home: Path, settings: str, **more: object) -> dict[str, str]:
    """The environment of a process that sets up and measures an installation in `home`, with this settings module."""
    return environment(
        VAR=home,
        HOME=home,
        STATIC_ROOT=home / "static",
        SECRET_KEY=secrets.token_urlsafe(50),
        DJANGO_SETTINGS_MODULE=settings,
        PYTHONPATH=ROOT,
        **more,
    )


def descendants(pid: int) -> list[int]:
    """All processes below `pid`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def began(pid: int) -> str:
    """When a process was started, on the kernel's clock; empty when there is none."""
    fields = _stat(pid)
    return fields[19] if fields else ""


def command_line(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip()
    return ""


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the name; none when the process is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return []
