"""A short animation: deploy a model, change it, download the log."""

import base64
from collections.abc import Callable
from typing import Any

import stamina

from speechstudio.demo.pictures.server import sign_in
from speechstudio.demo.pictures.webp import animation

SIZE = (1280, 800)
QUALITY = 80  # percent
SHORT, LONG = 900, 2_200  # milliseconds
NAME = "Support calls"
PATIENCE = 90_000  # milliseconds


def film(browser: Any, url: str) -> bytes:
    """An animated WebP of a demo whose deployments take a few seconds."""
    context = browser.new_context(
        base_url=url, viewport={"width": SIZE[0], "height": SIZE[1]}, reduced_motion="reduce", color_scheme="light"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    frames = []

    def shoot(duration: int = SHORT) -> None:
        frames.append((still(page), duration))

    sign_in(page)
    _deploy(page, shoot)
    _change_model(page, shoot)
    _download(page, shoot)
    context.close()
    return animation(frames, SIZE)


def still(page: Any) -> bytes:
    """What the page shows, as WebP, which Playwright's own pictures cannot be."""
    from playwright.sync_api import Error

    camera = page.context.new_cdp_session(page)
    # On a busy machine a page may not have a frame to copy yet: "Unable to capture screenshot".
    for attempt in stamina.retry_context(on=Error, attempts=10, timeout=PATIENCE / 1000):
        with attempt:
            picture = camera.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    camera.detach()
    return base64.b64decode(picture["data"])


def _deploy(page: Any, shoot: Callable[..., None]) -> None:
    page.goto("/endpoints/")
    shoot()
    page.get_by_role("link", name="Deploy model", exact=True).click()
    page.get_by_role("button", name="Next").click()
    page.locator("input[type=radio]:not([disabled])").nth(1).check()
    shoot()
    page.get_by_role("button", name="Next").click()
    page.locator("main [name=name]").fill(NAME)
    page.locator("main [name=description]").fill("Calls to the European hotline")
    page.locator("main [name=logging]").check()
    shoot()
    page.get_by_role("button", name="Next").click()
    shoot()
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.locator("#endpoints tbody tr", has=page.get_by_role("link", name=NAME, exact=True))
    row.locator(".requested").wait_for()
    shoot()
    row.and_(page.locator("[data-status=Succeeded]")).wait_for()
    shoot(LONG)
    row.get_by_role("link").first.click()
    shoot(LONG)


def _change_model(page: Any, shoot: Callable[..., None]) -> None:
    endpoint = page.url
    page.goto(f"{endpoint}change-model/")
    page.locator("input[type=radio]:not([disabled])").first.check()
    page.wait_for_timeout(1_000)  # for the comparison of both models
    shoot()
    if (reason := page.locator("main [name=reason]").first).is_visible():
        reason.fill("Better on numbers and names")
    done = page.get_by_role("button", name="Done")
    done.scroll_into_view_if_needed()
    shoot(LONG)
    done.click()
    page.wait_for_url(endpoint)
    shoot(LONG)
    page.locator("#deployment[data-status=Succeeded]:not(:has(.requested))").wait_for()
    shoot(LONG)


def _download(page: Any, shoot: Callable[..., None]) -> None:
    endpoint = page.url
    page.goto(f"{endpoint}logs/")
    page.locator("#entries tbody tr").first.wait_for()
    shoot(LONG)
    page.goto(endpoint)
    page.get_by_role("button", name="Download log").or_(page.get_by_role("link", name="Download log")).first.click()
    page.goto("/downloads/")
    page.locator("main a[href$='/file/']").first.wait_for()
    shoot(LONG)
