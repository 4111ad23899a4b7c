"""The page of all content logs in a browser: dense, alive, on a phone, and without JavaScript."""

import pytest
from playwright.sync_api import expect

ROWS = "() => [...document.querySelectorAll('.table-all-logs tbody tr')].map(row => row.getBoundingClientRect().height)"
WRAPPED = """() => [...document.querySelectorAll('.table-all-logs time')]
    .filter(time => time.offsetParent && time.getClientRects().length > 1).length"""
OVERFLOWING = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(autouse=True)
def listed(deploy, open_page):
    """One endpoint that logs, for all tests of a demo: the service has a limit of deployments."""
    known = open_page("admin", "/endpoints/?q=Always+logged").locator(".table-endpoints tbody tr").count()
    if not known:
        _page, row = deploy("Always logged", logging=True)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    page = open_page("listener", "/logs/")
    expect(page.locator(".table-all-logs tbody tr").first).to_be_visible(timeout=60_000)


def check(page, row):
    row.get_by_role("button", name="Check for new logs").click()
    page.wait_for_url("**/logs/**")


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize("width", [1440, 1024, 768])
def test_rows_have_one_height_and_dates_one_line(open_page, locale, width):
    other = open_page("admin", "/logs/")
    check(other, other.locator(".table-all-logs tbody tr", has_text="Always logged"))
    expect(other.locator(".table-all-logs .col-saved time").first).to_be_attached(timeout=20_000)
    page = open_page("listener", "/logs/", locale=locale, viewport={"width": width, "height": 900})
    expect(page.locator(".table-all-logs tbody tr").first).to_be_visible()
    assert set(page.evaluate(ROWS)) == {44}
    assert page.evaluate(WRAPPED) == 0
    assert page.evaluate(OVERFLOWING) == 0


def test_an_open_page_shows_what_another_person_has_checked(deploy, open_page):
    _page, deployed = deploy("Never checked", logging=True)
    expect(deployed).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    page = open_page("listener", "/logs/")
    row = page.locator(".table-all-logs tbody tr", has_text="Never checked")
    pk = row.get_attribute("id")
    row.get_by_role("link").first.focus()
    other = open_page("admin", "/logs/")
    check(other, other.locator(f"#{pk}"))
    expect(page.locator(f"#{pk} .col-checked")).not_to_contain_text("Never", timeout=30_000)
    expect(page.locator(f"#{pk} .col-checked time")).to_be_visible(timeout=30_000)
    expect(page.locator(f"#{pk}").get_by_role("link").first).to_be_focused()


def test_filters_change_the_rows_and_leave_empty_parameters_out_of_the_address(open_page):
    page = open_page("listener", "/logs/")
    page.get_by_label("Saving").select_option("on")
    page.wait_for_url("**/logs/?saving=on")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.locator("main").get_by_role("link", name="Clear filters").first.click()
    expect(page.locator(".table-all-logs tbody tr").first).to_be_visible()


def test_a_phone_has_cards_and_every_filter(open_page):
    page = open_page("listener", "/logs/", viewport={"width": 390, "height": 844})
    card = page.locator(".table-all-logs tbody tr").first
    expect(card.get_by_role("link").first).to_be_visible()
    for name in ("Locale", "Saving", "Next deletion"):
        expect(page.locator("#filters").get_by_label(name)).to_be_visible()
    assert page.evaluate(OVERFLOWING) == 0


def test_without_javascript_logs_are_checked_and_filtered(open_page):
    page = open_page("listener", "/logs/", java_script_enabled=False)
    check(page, page.locator(".table-all-logs tbody tr").last)
    page.get_by_label("Search").fill("nothing like it")
    page.get_by_role("button", name="Apply").click()
    assert page.url.endswith("/logs/?q=nothing+like+it")
    expect(page.get_by_text("Nothing found")).to_be_visible()
