"""Pictures of every page and state, light and dark, wide and narrow."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from speechstudio.demo.processes import free_port

SIZES = {"wide": (1440, 900), "narrow": (320, 720)}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class Command(BaseCommand):
    help = "Take pictures of every page and state, light and dark, wide and narrow."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.VAR / "screenshots", help="the directory they go to")

    def handle(self, *args: Any, **options: Any) -> None:
        from playwright.sync_api import sync_playwright

        chromium = shutil.which("chromium")
        if chromium is None:
            raise CommandError("chromium is not installed.", returncode=1)
        target: Path = options["to"]
        target.mkdir(parents=True, exist_ok=True)
        with _demo("0") as empty, _demo("40") as full, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
            for scheme in ("light", "dark"):
                for size, (width, height) in SIZES.items():
                    context = browser.new_context(
                        color_scheme=scheme, viewport={"width": width, "height": height}, device_scale_factor=1
                    )
                    page = context.new_page()
                    page.set_default_timeout(30_000)

                    def shoot(name: str, page: Any = page, tail: str = f"{scheme}-{size}") -> None:
                        page.screenshot(path=target / f"{name}-{tail}.png", full_page=True)
                        self.stdout.write(f"{name}-{tail}.png")

                    _first_visit(page, empty, shoot)
                    _every_page(page, full, shoot)
                    context.close()
            browser.close()


@contextmanager
def _demo(endpoints: str) -> Iterator[str]:
    """A demo of its own, on free ports and with its own data; gives its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="speechstudio-") as var:
        env = {**os.environ, "VAR": var, "PORT": str(port), "SIMULATOR_PORT": str(free_port())}
        command = [sys.executable, "manage.py", "demo", "--endpoints", endpoints, "--deploy-seconds", "40"]
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


def _sign_in(page: Any, url: str) -> None:
    page.goto(f"{url}/sign-in/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()


def _first_visit(page: Any, url: str, shoot: Callable[[str], None]) -> None:
    page.goto(f"{url}/sign-in/")
    shoot("sign-in")
    page.get_by_role("button", name="Sign in").click()
    shoot("sign-in-error")
    _sign_in(page, url)
    shoot("first-visit")
    page.goto(f"{url}/downloads/")
    shoot("downloads-empty")


def _every_page(page: Any, url: str, shoot: Callable[[str], None]) -> None:
    _sign_in(page, url)
    for name in ("models", "activity", "resources", "resources/new", "settings", "shortcuts", "nowhere"):
        page.goto(f"{url}/{name}/")
        shoot(name.replace("/", "-"))
    page.goto(f"{url}/endpoints/?q=nothing+like+it")
    shoot("nothing-found")
    _wizard(page, url, shoot)
    page.goto(f"{url}/endpoints/")
    shoot("list")
    _selection(page, url, shoot)
    page.goto(f"{url}/endpoints/")
    page.get_by_role("row").filter(has_text="Deploying").get_by_role("link").first.click()
    shoot("endpoint-deploying")
    page.goto(f"{url}/endpoints/?status=Succeeded")
    page.locator("tr", has=page.locator("td[data-label='Content logging']", has_text="On")).locator("a").first.click()
    endpoint = page.url
    shoot("endpoint")
    page.get_by_role("button", name="Download log").click()
    shoot("logs-requested")
    page.get_by_role("link", name="Download", exact=False).filter(has_not_text="Downloads").first.wait_for()
    page.goto(f"{endpoint}logs/")
    shoot("logs")
    page.goto(f"{url}/downloads/")
    shoot("downloads")
    page.goto(f"{endpoint}change-model/")
    page.get_by_role("radio", disabled=False).first.check()
    page.get_by_text("Differs").first.wait_for()
    shoot("change-model-compared")
    for name in ("change-model", "edit", "delete"):
        page.goto(f"{endpoint}{name}/")
        shoot(name)
    _history(page, endpoint, shoot)


def _selection(page: Any, url: str, shoot: Callable[[str], None]) -> None:
    """Filters, a favorite, ticked rows, a saved view, and the review of a change of many endpoints."""
    page.goto(f"{url}/endpoints/?locale=en-US&expiring=365")
    page.get_by_role("button", name="Favorite").nth(2).click()
    page.locator("[aria-pressed=true]").first.wait_for()
    for row in range(3):
        page.locator("tbody input[type=checkbox]").nth(row).check()
    page.get_by_text("Views", exact=True).click()
    shoot("list-filtered")
    page.get_by_label("Save this list as").fill("English, this year")
    page.get_by_role("button", name="Save view").click()
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="Manage views").click()
    shoot("views")
    page.goto(f"{url}/endpoints/bulk/?action=logging-on&all=1&locale=en-US")
    shoot("bulk-review")


def _history(page: Any, endpoint: str, shoot: Callable[[str], None]) -> None:
    """A change that is waiting for its time, and one that was canceled and one that was made."""
    page.goto(f"{endpoint}change-model/")
    page.get_by_role("radio", disabled=False).first.check()
    page.get_by_label("Reason").fill("Better on numbers and names")
    page.get_by_text("Start later").click()
    page.get_by_label("Start at").fill("2099-12-31T02:00")
    page.get_by_role("button", name="Done").click()
    shoot("endpoint-scheduled")
    page.get_by_role("button", name="Cancel the change").click()
    page.goto(f"{endpoint}edit/")
    page.get_by_label("Name").fill(f"Renamed for the evening shift {uuid4().hex[:4]}")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Renamed").wait_for()
    shoot("endpoint-history")


def _wizard(page: Any, url: str, shoot: Callable[[str], None]) -> None:
    page.goto(f"{url}/endpoints/new/")
    shoot("new-1-project")
    page.get_by_role("button", name="Next").click()
    shoot("new-2-model")
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    shoot("new-3-details-error")
    page.get_by_label("Name").fill("Support calls of the European hotline, evenings and weekends")
    page.get_by_label("Description").fill("Everything that comes in outside of office hours")
    page.get_by_label("Log content from this endpoint").check()
    page.get_by_role("button", name="Next").click()
    shoot("new-4-review")
    page.get_by_role("button", name="Add", exact=True).click()
