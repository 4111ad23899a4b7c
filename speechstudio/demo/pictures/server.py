"""A demo of its own for pictures, and a browser that has signed in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from speechstudio.demo.processes import CannotStart, free_port

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@contextmanager
def demo(*options: str) -> Iterator[str]:
    """A demo on free ports and with its own data; gives its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="speechstudio-") as var:
        env = {**os.environ, "VAR": var, "PORT": str(port), "SIMULATOR_PORT": str(free_port())}
        command = [sys.executable, "manage.py", "demo", *options]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 (our own command line)
            try:
                assert process.stdout is not None  # noqa: S101 (it is a pipe)
                while line := process.stdout.readline():
                    if line.startswith("Logs:"):
                        break
                yield f"http://127.0.0.1:{port}"
            finally:
                process.send_signal(signal.SIGINT)
                process.stdout.read() if process.stdout else None


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser of Playwright. Raises CannotStart when Chromium is not installed."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if path is None:
        raise CannotStart("chromium is not installed.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


def sign_in(page: Any, name: str = "admin") -> None:
    """The page's context has the address of the demo as its base."""
    page.goto("/sign-in/")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
