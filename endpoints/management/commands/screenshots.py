"""Pictures of every page and state, light and dark, wide and narrow, in each language; and those of the README."""

from itertools import product
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from speechstudio.demo.pictures import film, scenes, server
from speechstudio.demo.processes import CannotStart

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
SCHEMES, LANGUAGES = ("light", "dark"), {"en": "en-US", "de": "de-DE"}
WAIT = 30_000  # milliseconds
FULL = ("--endpoints", "40", "--logs", "6", "--deploy-seconds", "3600")  # one stays in progress
QUICK = ("--endpoints", "40", "--logs", "6", "--deploy-seconds", "6")
README = {"deploy-models": ("/endpoints/", 866), "models": ("/models/", 846)}  # heights that cut no row


class Command(BaseCommand):
    help = "Take pictures of every page and state, or with --readme those of the README and its animation."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.VAR / "screenshots", help="the directory they go to")
        parser.add_argument("--readme", action="store_true", help="take those of the README instead, into docs/")

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = settings.BASE_DIR / "docs" if options["readme"] else options["to"]
        target.mkdir(parents=True, exist_ok=True)
        self.failed: list[str] = []
        try:
            with server.chromium() as browser:
                if options["readme"]:
                    self.take_readme(browser, target)
                else:
                    self.take_all(browser, target)
        except CannotStart as error:
            raise CommandError(str(error), returncode=1) from None
        if self.failed:
            raise CommandError(f"{len(self.failed)} pictures failed: {', '.join(self.failed)}", returncode=1)

    def take_readme(self, browser: Any, target: Path) -> None:
        with server.demo(*FULL) as url:
            page = self.page(browser, url, "light", SIZES["wide"], "en-US")
            scenes.request_changes(page)
            page.context.close()
            for scheme, (name, (address, height)) in product(SCHEMES, README.items()):
                page = self.page(browser, url, scheme, (SIZES["wide"][0], height), "en-US")
                page.goto(address)
                self.save(target / f"{name}-{scheme}.png", page.screenshot())
                page.context.close()
        with server.demo(*QUICK) as url:
            self.save(target / "deploy-change-download.webp", film.film(browser, url))

    def take_all(self, browser: Any, target: Path) -> None:
        with server.demo("--endpoints", "0") as empty, server.demo(*FULL) as full:
            page = self.page(browser, full, "light", SIZES["wide"], "en-US")
            there = scenes.prepare(page)
            page.context.close()
            for (size, pixels), (language, locale), scheme in product(SIZES.items(), LANGUAGES.items(), SCHEMES):
                tail = f"{language}-{scheme}-{size}"
                for url, some in ((empty, scenes.without_data()), (full, scenes.scenes(there))):
                    page = self.page(browser, url, scheme, pixels, locale)
                    for scene in some:
                        self.take(page, scene, target / f"{scene.name}-{tail}.png")
                    page.context.close()

    def page(self, browser: Any, url: str, scheme: str, size: tuple[int, int], locale: str) -> Any:
        """A page of somebody who has signed in."""
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(
            base_url=url, color_scheme=scheme, viewport=viewport, locale=locale, reduced_motion="reduce"
        )
        context.set_default_timeout(WAIT)
        page = context.new_page()
        server.sign_in(page)
        return page

    def take(self, page: Any, scene: scenes.Scene, file: Path) -> None:
        """One that fails is reported in the end, because the others are of use all the same."""
        from playwright.sync_api import Error

        try:
            page.goto(scene.address)
            if scene.act:
                scene.act(page)
            self.save(file, page.screenshot(full_page=not scene.part))
        except Error as error:
            self.failed.append(file.stem)
            self.stderr.write(f"{file.name}: {str(error).splitlines()[0]}")

    def save(self, file: Path, content: bytes) -> None:
        file.write_bytes(content)
        self.stdout.write(f"{file.name}, {len(content) // 1024} KB")
