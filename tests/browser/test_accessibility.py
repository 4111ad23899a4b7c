"""Each page in each state: axe finds no violation in light and dark mode, and nothing is wider than a phone."""

import re

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import expect

from tests.browser import states_of_addresses

EVERYTHING = {"resultTypes": ["violations"]}
CONTRAST = {**EVERYTHING, "runOnly": ["color-contrast"]}
# Rules that passed are not returned, because their transfer takes longer than the check.
RUN = "options => axe.run(options).then(({violations}) => ({violations}))"
NAME = "Every state" + "x" * 200
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


def test_each_page_in_each_state_passes_axe_in_light_and_dark_and_fits_on_a_phone(deploy, demo):
    page, row = deploy(NAME, logging=True, viewport=WIDE, reduced_motion="reduce")
    wrong = [f"{state}: {what}" for state in every_state(page, row, demo) for what in barriers(page)]
    assert wrong == [], "\n".join(wrong)


def barriers(page):
    """Violations that axe finds in the page; in dark mode only colors differ. Only tables may scroll sideways."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    for scheme, options in (("dark", CONTRAST), ("light", EVERYTHING)):
        page.emulate_media(color_scheme=scheme)
        found = AxeResults(page.evaluate(RUN, options))
        if found.violations_count:
            yield f"{scheme}: {found.generate_report()}"
    page.set_viewport_size(PHONE)
    if (width := page.evaluate("document.scrollingElement.scrollWidth")) > PHONE["width"]:
        yield f"{width} px wide"
    page.set_viewport_size(WIDE)


MORE = re.compile(r"^\s*More\s*$")
ADDRESSES = (
    "/endpoints/",
    "/endpoints/?q=nothing+like+it",
    "/endpoints/?status=Succeeded&expiring=365&logging=off&sort=name",
    "/endpoints/bulk/?action=delete",
    "/models/",
    "/models/?kind=base&deployed=1&expiring=365&sort=name",
    "/models/?q=nothing+like+it",
    "/activity/",
    "/addresses/",
    "/addresses/?q=nothing+like+it",
    "/addresses/new/",
    "/alerts/",
    "/alerts/settings/",
    "/alerts/channels/new/",
    "/logs/",
    "/logs/?q=nothing+like+it",
    "/help/",
    "/downloads/",
    "/resources/",
    "/resources/new/",
    "/people/",
    "/people/?q=nothing+like+it",
    "/people/listener/",
    "/people/groups/",
    "/people/groups/viewer/",
    "/invitations/new/",
    "/people/admin/",
    "/search/",
    "/search/?q=e",
    "/search/?q=nothing+like+it",
    "/settings/",
    "/settings/tokens/",
    "/service-accounts/new/",
    "/shortcuts/",
    "/nowhere/",
    "/sign-in/",
)


def every_state(page, row, demo):
    """Opens every page in each of its states, one after the other; names them."""
    endpoint = row.get_by_role("link").first.get_attribute("href")
    page.goto(endpoint)
    yield "endpoint with an open change"
    for address in ADDRESSES:
        page.goto(address)
        yield address
    yield from views(page)
    yield from menus(page)
    yield from wizard(page)
    yield from of_an_endpoint(page, endpoint)
    yield from states_of_addresses.states(page, demo, NAME)
    yield from bulk(page)
    yield from resources(page)


def views(page):
    page.goto("/endpoints/views/")
    yield "no view"
    page.goto("/endpoints/?status=Failed&sort=name")
    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Save this list as").fill("What has failed")
    page.get_by_label("For the whole team").check()
    page.get_by_role("button", name="Save view").click()
    page.get_by_text("Views", exact=True).click()
    yield "menu of views with a view, and a message"
    page.goto("/endpoints/views/")
    yield "views"
    page.get_by_role("button", name="Delete What has failed").click()


def menus(page):
    page.goto("/endpoints/")
    for name in ("Columns", "More filters", "More"):
        if name == "More":
            page.get_by_role("row").nth(1).get_by_role("checkbox").check()
        page.locator("summary", has_text=re.compile(f"^\\s*{name}\\s*$")).click()
        yield f"menu {name}"
    for menu in page.locator("header summary").all():
        if menu.is_visible():
            menu.click()
            yield "menu of the header"
    page.keyboard.press("Escape")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    yield "dialog of shortcuts"
    for words in ("", "e", "nothing like it"):
        page.keyboard.press("Escape")
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        page.locator(f"#palette-found[data-q='{words}']").wait_for()
        yield f"palette, {words}"
    page.goto("/models/")
    page.get_by_text("Subscribe").click()
    yield "models, subscribing"
    page.keyboard.press("Escape")
    page.locator(".addresses summary").first.click()
    yield "models, with an ID and an API address"


def wizard(page):
    page.goto("/endpoints/new/")
    yield "wizard, project"
    page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Next").click()
    yield "wizard, model, with an error"
    page.get_by_label("Search models").fill("nothing like it")
    page.get_by_label("Search models").press("Enter")
    expect(page.get_by_text("No models match")).to_be_visible()
    yield "wizard, no model found"
    page.get_by_label("Search models").fill("")
    page.get_by_label("Search models").press("Enter")
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first.check()
    yield "wizard, model"
    page.get_by_role("button", name="Next").click()
    yield "wizard, details"
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Next").click()
    yield "wizard, details, with an error"
    page.get_by_label("Name").fill("Never added")
    page.get_by_role("button", name="Next").click()
    for request in page.locator("main details summary").all():
        request.click()
    yield "wizard, review"


def of_an_endpoint(page, endpoint):
    page.goto(endpoint)
    expect(page.locator("#deployment .status").first).to_have_text("Succeeded", timeout=30_000)
    page.get_by_role("button", name="Show endpoint key").click()
    yield "endpoint with its key"
    page.goto(f"{endpoint}change-model/")
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first.check()
    expect(page.get_by_text("Differs").first).to_be_visible()
    page.get_by_text("Start later").click()
    yield "change model, compared"
    page.get_by_label("Start at").fill("2020-01-01T02:00")
    page.get_by_role("button", name="Done").click()
    yield "change model, with an error"
    for name in ("edit", "delete"):
        page.goto(f"{endpoint}{name}/")
        yield name
    page.get_by_role("button", name="Delete endpoint", exact=True).click()
    yield "delete, with an error"
    for tab in ("sample-code", "history", "content-logging"):
        page.goto(f"{endpoint}{tab}/")
        yield f"endpoint, {tab}"
    page.get_by_role("button", name="Download log").click()
    yield "logs, asked for"
    expect(page.get_by_role("link", name="Download", exact=True).first).to_be_visible(timeout=30_000)
    yield "logs"
    for name in (
        "who-answers/",
        "who-answers/logs/",
        "download/",
        "logs/days/",
        "logs/keep/",
        "logs/purge/",
        "logs/purge/?until=2026-01-01",
    ):
        page.goto(f"{endpoint}{name}")
        yield name
    page.goto(f"{endpoint}who-answers/")
    page.get_by_role("button", name="Try it").click()
    yield "who-answers, with an error"
    page.goto("/downloads/")
    yield "downloads with one"


def bulk(page):
    page.goto("/endpoints/?q=Every+state&status=Succeeded&logging=on&locale=en-US&sort=-created")
    address = page.url

    def tick(action):
        page.goto(address)
        page.locator("tbody input[type=checkbox]").first.check()
        if action != "Change model":
            page.locator("summary", has_text=MORE).click()
        page.get_by_role("button", name=action, exact=True).click()

    page.locator("tbody input[type=checkbox]").first.check()
    yield "list with chips and a selection"
    tick("Change model")
    yield "bulk, choice of a model"
    page.get_by_role("button", name="Next").click()
    yield "bulk, choice of a model, with an error"
    page.get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Next").click()
    yield "bulk, review of a change of model"
    tick("Delete")
    yield "bulk, review of deletions"
    page.get_by_role("button", name=re.compile("Delete 1")).click()
    yield "bulk, review of deletions, with an error"
    tick("Turn content logging off")
    page.get_by_label("Reason").fill("No complaints any more")
    page.get_by_role("button", name=re.compile("Turn off content logging for 1")).click()
    yield "bulk, progress"


def resources(page):
    page.goto("/resources/")
    page.locator("section summary").first.click()
    yield "resources, menu of one"
    page.get_by_role("link", name="Edit").first.click()
    page.get_by_role("link", name="Manage keys").click()
    page.get_by_role("button", name="Test the key").click()
    yield "keys, with an error"
    page.goto("/resources/")
    page.get_by_role("button", name="Test connection").first.click()
    expect(page.locator("strong", has_text="checks passed")).to_be_visible(timeout=30_000)
    yield "resources, connection tested"
    page.locator("section summary").first.click()
    page.get_by_role("link", name="Remove", exact=True).first.click()
    yield "removal, refused"
    page.get_by_role("link", name="Pause", exact=True).click()
    yield "pause"
    page.get_by_role("button", name="Pause").click()
    yield "resources, a paused one"
    page.goto("/endpoints/")
    yield "list, with a paused resource"
    page.goto("/resources/")
    page.get_by_role("link", name="Resume").click()
    yield "resume"
    page.get_by_role("button", name="Resume").click()
    page.goto("/resources/new/")
    page.get_by_label("Name").fill("Contoso test")
    page.get_by_label("Service region").fill("eastus2")
    page.get_by_role("button", name="Save").click()
    yield "add resource, with an error"
    page.get_by_label("Service address").fill("http://127.0.0.1:9")
    page.get_by_label("Key or client secret").fill("0" * 32)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("doesn't work yet")).to_be_visible(timeout=30_000)
    yield "draft, with a check that failed"
    page.goto("/resources/")
    yield "resources, with a draft"
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Discard draft").click()


def test_a_page_without_permission_passes_axe_too(open_page):
    page = open_page("viewer", "/resources/", viewport=WIDE, reduced_motion="reduce")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert list(barriers(page)) == []
