"""What the pictures show: things that are requested once, and then each page by its address, in any language."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

PATIENCE = 60_000  # milliseconds
REASON = "Better on numbers and names"


@dataclass(frozen=True)
class Scene:
    """`act`: what is done on the page before the picture. `part`: only what is on the screen, not the whole page."""

    name: str
    address: str
    act: Callable[[Any], None] | None = None
    part: bool = False


def prepare(page: Any) -> dict[str, str]:
    """Request a download, a scheduled change and an edit, add an address, begin a new endpoint; gives pages by name."""
    found = {
        "deploying": _first(page, "/endpoints/", "tr:is([data-status=NotStarted], [data-status=Running])"),
        "failed": _first(page, "/endpoints/?status=Failed", "tr[data-status=Failed]"),
        "endpoint": _first(page, "/endpoints/?status=Succeeded&logging=on", "tr[data-status=Succeeded]"),
        "scheduled": _first(page, "/endpoints/?status=Succeeded&logging=off&q=review", "tr[data-status=Succeeded]"),
    }
    _save_view(page)
    _download(page, found["endpoint"])
    _edit(page, found["endpoint"])
    _schedule(page, found["scheduled"])
    page.goto(f"{found['endpoint']}change-model/")
    model = page.locator("input[type=radio]:not([disabled])").first.get_attribute("value")
    found["compared"] = f"{found['endpoint']}change-model/?model={model}"
    found["address"] = _add_address(page, found["endpoint"])
    return found | _wizard(page)


def request_changes(page: Any) -> None:
    """Begin a change, schedule another and mark a favorite, so that the list shows more than settled endpoints."""
    page.goto("/endpoints/?status=Succeeded&q=night")
    page.locator("#endpoints tbody .star[aria-pressed=false]").first.click()
    page.locator("#endpoints tbody .star[aria-pressed=true]").first.wait_for()
    endpoint = _first(page, "/endpoints/?status=Succeeded&q=voicemail", "tr[data-status=Succeeded]")
    _change_model(page, endpoint)
    page.locator("#deployment .requested").first.wait_for(timeout=PATIENCE)
    _schedule(page, _first(page, "/endpoints/?status=Succeeded&q=review", "tr[data-status=Succeeded]"))


def scenes(there: dict[str, str]) -> Iterator[Scene]:
    """`there`: what prepare() has returned."""
    for name in (
        "models",
        "activity",
        "addresses",
        "addresses/new",
        "alerts",
        "alerts/settings",
        "alerts/channels/new",
        "logs",
        "downloads",
        "resources",
        "resources/new",
        "people",
        "people/listener",
        "people/groups",
        "people/groups/viewer",
        "invitations/new",
        "settings",
        "settings/tokens",
        "service-accounts/new",
        "shortcuts",
        "nowhere",
    ):
        yield Scene(name.replace("/", "-"), f"/{name}/")
    yield Scene("list", "/endpoints/")
    yield Scene("list-filtered", "/endpoints/?locale=en-US&expiring=365")
    yield Scene("list-selected", "/endpoints/", _select, part=True)
    yield Scene("palette", "/endpoints/", _palette, part=True)
    yield Scene("search", "/search/?q=line")
    yield Scene("nothing-found", "/endpoints/?q=nothing+like+it")
    yield Scene("views", "/endpoints/views/")
    yield Scene("bulk-review", "/endpoints/bulk/?action=logging-on&all=1&locale=en-US")
    for name in ("project", "model", "details", "review"):
        yield Scene(f"new-{name}", there[f"new-{name}"])
    for name in ("endpoint", "deploying", "failed", "scheduled"):
        yield Scene(name if name == "endpoint" else f"endpoint-{name}", there[name])
    yield Scene("change-model-compared", there["compared"])
    for name in (
        "change-model",
        "edit",
        "delete",
        "logs/days",
        "download",
        "try-it",
        "who-answers",
        "who-answers/logs",
    ):
        yield Scene(name.replace("/", "-"), f"{there['endpoint']}{name}/")
    yield Scene("address", there["address"])
    for name in ("move", "share", "standby", "description", "delete"):
        yield Scene(f"address-{name}", f"{there['address']}{name}/")
    yield Scene("endpoint-logs", f"{there['endpoint']}logs/")
    yield Scene("log-entry", f"{there['endpoint']}logs/", _first_entry)


def without_data() -> Iterator[Scene]:
    """Before there is any endpoint."""
    yield Scene("first-visit", "/endpoints/")
    yield Scene("downloads-empty", "/downloads/")


def _first(page: Any, address: str, rows: str) -> str:
    """The address of the first endpoint in a list."""
    page.goto(address)
    found: str = page.locator(f"#endpoints {rows} th a").first.get_attribute("href")
    return found


def _save_view(page: Any) -> None:
    page.goto("/endpoints/?locale=en-US&expiring=365")
    page.locator("summary", has=page.get_by_text("Views", exact=True)).or_(
        page.get_by_text("Views", exact=True)
    ).first.click()
    page.locator("#view-name").fill("English, this year")
    page.locator("#view-name").press("Enter")


def _download(page: Any, endpoint: str) -> None:
    page.goto(endpoint)
    page.get_by_role("button", name="Download log").or_(page.get_by_role("link", name="Download log")).first.click()
    page.goto("/downloads/")
    page.locator("main a[href$='/file/']").first.wait_for(timeout=PATIENCE)


def _edit(page: Any, endpoint: str) -> None:
    page.goto(f"{endpoint}edit/")
    page.locator("main [name=description]").fill("Everything that comes in outside of office hours")
    page.locator("main form [type=submit]").last.click()
    page.wait_for_url(f"**{endpoint}**")


def _add_address(page: Any, endpoint: str) -> str:
    """One that sends a share to a second endpoint, has a standby, and is to move tomorrow."""
    page.goto(f"/addresses/new/?endpoint={endpoint.strip('/').rpartition('/')[2]}")
    page.locator("main [name=name]").fill("hotline")
    page.locator("main [name=description]").fill("The telephone apps of the European hotline")
    page.get_by_role("button", name="Add address").click()
    page.wait_for_url("**/addresses/hotline/")
    for form in ("share", "standby", "move"):
        page.goto(f"/addresses/hotline/{form}/")
        page.locator("#endpoint-rows input:not([disabled])").nth(1).check()
        if form == "share":
            page.locator("main [name=percent]").fill("20")
        if form == "move":
            page.locator("details:has([name=at]) > summary").click()
            page.locator("main [name=at]").fill(f"{timezone.localdate() + timedelta(days=1):%Y-%m-%d}T02:00")
        page.locator("main form .button.primary").click()
        page.wait_for_url("**/addresses/hotline/")
    return "/addresses/hotline/"


def _schedule(page: Any, endpoint: str) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    _change_model(page, endpoint, at=f"{tomorrow:%Y-%m-%d}T02:00")


def _change_model(page: Any, endpoint: str, at: str = "") -> None:
    page.goto(f"{endpoint}change-model/")
    page.locator("input[type=radio]:not([disabled])").first.check()
    page.locator("main [name=reason]").first.fill(REASON)
    if at:
        if not page.locator("main [name=at]").is_visible():
            page.locator("details:has([name=at]) > summary").click()
        page.locator("main [name=at]").fill(at)
    page.get_by_role("button", name="Done").click()
    page.wait_for_url(f"**{endpoint}")


def _wizard(page: Any) -> dict[str, str]:
    found = {}
    page.goto("/endpoints/new/")
    page.get_by_role("button", name="Next").click()
    page.locator("input[type=radio]:not([disabled])").first.check()
    page.get_by_role("button", name="Next").click()
    page.locator("main [name=name]").fill("Support calls of the European hotline, evenings and weekends")
    page.locator("main [name=description]").fill("Everything that comes in outside of office hours")
    page.locator("main [name=logging]").check()
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Add", exact=True).wait_for()
    base = page.url.partition("step=")[0]
    for step in ("project", "model", "details", "review"):
        found[f"new-{step}"] = f"{base}step={step}"
    return found


def _select(page: Any) -> None:
    for row in range(3):
        page.locator("#endpoints tbody input[type=checkbox]").nth(row).check()


def _palette(page: Any) -> None:
    page.keyboard.press("Control+k")
    page.locator("#palette input").fill("line")
    page.locator("#palette-found[data-q=line]").wait_for()


def _first_entry(page: Any) -> None:
    page.locator("#entries tbody a[href*='/logs/']").first.click()
    page.wait_for_load_state()
