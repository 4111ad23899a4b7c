"""Without JavaScript: every function by links, forms and reloads."""

import re
import time
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.browser.conftest import fill_wizard


def test_everything_is_done_by_links_and_forms(open_page):
    page = open_page("admin", java_script_enabled=False)
    wizard_with_search(page)
    find_and_keep(page)
    change_many(page)
    change_one(page)
    speak_german(page)
    bring_logs_home(page)


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def reload_until(page, locator):
    """Reload the page until it has the text, as a person does who waits."""
    end = time.monotonic() + 30
    while not locator.first.is_visible():
        assert time.monotonic() < end, page.locator("main").inner_text()
        page.wait_for_timeout(300)
        page.reload()


def wizard_with_search(page):
    for name in ("Plain one", "Plain two"):
        page.goto("/endpoints/new/")
        fill_wizard(page, name, description="Without script")
        button(page, "Add").click()
    page.goto("/endpoints/new/")
    button(page, "Next").click()
    page.get_by_label("Search models").fill("base model")
    button(page, "Search").click()
    group = page.get_by_role("group", name="Model")
    expect(group.get_by_role("status")).to_have_text(re.compile(r"^\d+ models? found$"))
    group.get_by_role("radio", disabled=False).first.check()
    button(page, "Next").click()
    button(page, "Back").click()
    expect(group.get_by_role("radio", checked=True)).to_have_count(1)
    button(page, "Next").click()
    page.get_by_label("Name").fill("Plain three")
    page.get_by_label("Log content from this endpoint").check()
    button(page, "Next").click()
    button(page, "Add").click()
    expect(page.get_by_text("Plain three is being deployed")).to_be_visible()


def find_and_keep(page):
    page.get_by_label("Search").fill("plain")
    page.get_by_text("More filters").click()
    page.locator("#filters").get_by_label("Content logging").select_option("off")
    button(page.locator("#filters"), "Apply").click()
    expect(page).to_have_url(re.compile(r"/endpoints/\?q=plain&logging=off$"))
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Name", exact=True).click()
    expect(page).to_have_url(re.compile("q=plain&logging=off&sort=name"))
    names = page.locator("tbody tr th a")
    expect(names).to_have_text(["Plain one", "Plain two"])
    button(page, "Favorite: Plain two").click()
    expect(names).to_have_text(["Plain two", "Plain one"])
    expect(page).to_have_url(re.compile("q=plain&logging=off&sort=name"))
    commands = page.get_by_role("group", name="Commands")
    for kind in ("CSV", "JSON"):
        commands.get_by_text("Export", exact=True).click()
        with page.expect_download() as download:
            button(commands, kind).click()
        assert download.value.path().read_text().count("Plain") == 2
        assert download.value.suggested_filename.endswith(f".{kind.lower()}")
        commands.get_by_text("Export", exact=True).click()

    page.get_by_text("Views", exact=True).click()
    page.get_by_label("Save this list as").fill("Plain ones")
    button(page, "Save view").click()
    head = page.get_by_role("columnheader", name="Last change")
    show_column(page, "Last change", shown=False)
    expect(head).to_be_hidden()
    show_column(page, "Last change", shown=True)
    expect(head).to_be_visible()
    page.goto("/endpoints/")
    page.get_by_text("Views", exact=True).click()
    page.get_by_role("link", name="Plain ones").click()
    expect(names).to_have_text(["Plain two", "Plain one"])
    page.get_by_role("link", name="Remove filter").first.click()
    expect(page).not_to_have_url(re.compile("logging=off"))


def show_column(page, label, *, shown):
    page.get_by_text("Columns", exact=True).click()
    columns = page.get_by_role("group", name="Columns shown")
    columns.get_by_label(label).set_checked(shown)
    button(columns.locator(".."), "Apply").click()


def change_many(page):
    page.goto("/endpoints/?q=plain&status=Succeeded")
    reload_until(page, page.locator("tbody tr").nth(2))
    for name in ("Plain one", "Plain two", "Plain three"):
        page.get_by_label(f"Select {name}", exact=True).check()
    page.get_by_text("More", exact=True).click()
    button(page, "Turn content logging on").click()
    expect(page.get_by_text("2 endpoints will be changed")).to_be_visible()
    expect(page.get_by_text("Content logging is already on.")).to_be_visible()
    page.get_by_label("Reason").fill("Complaints of customers")
    button(page, "Turn on content logging for 2 endpoints").click()
    reload_until(page, page.get_by_text("2 of 3 done"))


def change_one(page):
    page.goto("/endpoints/?q=plain+one")
    page.get_by_role("link", name="Plain one", exact=True).click()
    endpoint = page.url
    page.get_by_role("link", name="Change model").click()
    group = page.get_by_role("group", name="Model")
    group.get_by_role("radio", disabled=False).first.check()
    button(page, "Compare").click()
    expect(page.get_by_role("region", name="New model").get_by_text("Differs").first).to_be_visible()
    button(page, "Done").click()
    expect(page.get_by_text("The endpoint is being redeployed")).to_be_visible()
    page.goto(endpoint)
    page.get_by_role("link", name="History", exact=True).click()
    reload_until(page, page.get_by_label("Reason"))

    page.get_by_label("Reason").fill("Worse on names")
    button(page, "Go back").click()
    expect(page.get_by_text("redeployed with its previous model")).to_be_visible()
    page.goto(endpoint)
    reload_until(page, page.get_by_role("link", name="Change model"))

    page.get_by_role("link", name="Change model").click()
    group.get_by_role("radio", disabled=False).first.check()
    page.get_by_text("Start later").click()
    soon = datetime.now(UTC) + timedelta(days=2)  # before the model expires
    page.get_by_label("Start at").fill(f"{soon:%Y-%m-%dT%H:%M}")
    button(page, "Done").click()
    expect(page.get_by_text("The change is scheduled.")).to_be_visible()
    button(page, "Cancel the change").click()
    expect(page.get_by_text("Canceled. Nothing was sent.")).to_be_visible()


def speak_german(page):
    page.goto("/settings/")
    page.get_by_label("Language").select_option("de")
    page.locator("main button[type=submit]").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.goto("/settings/")
    page.locator("#id_language").select_option("")
    page.locator("main button[type=submit]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def bring_logs_home(page):
    page.goto("/endpoints/?q=plain+three")
    page.get_by_role("link", name="Plain three", exact=True).click()
    button(page, "Download log").click()
    expect(page.get_by_role("heading", name="Content logs")).to_be_visible()
    file = page.locator("article.download").get_by_role("link", name="Download", exact=True)
    reload_until(page, file)
    with page.expect_download() as download:
        file.click()
    assert download.value.path().read_bytes().startswith(b"PK")
