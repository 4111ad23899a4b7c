"""Bulk requests in a browser with JavaScript and in one without."""

import re
import time

from playwright.sync_api import expect

from tests.browser.conftest import ADDED, fill_wizard

PROGRESS = re.compile(r"/endpoints/bulk/[0-9a-f-]{36}/$")


def test_selected_endpoints_are_changed_and_matching_ones_are_deleted_each_after_a_review(open_page):
    page = open_page("admin")
    for name in ("Bulk one", "Bulk two"):
        page.goto("/endpoints/new/")
        fill_wizard(page, name)
        page.get_by_role("button", name="Add", exact=True).click()
        page.wait_for_url(ADDED)  # the next address would take back what isn't sent yet
    page.goto("/endpoints/?q=Bulk")
    expect(page.locator('tr[data-status="Succeeded"]')).to_have_count(2, timeout=60_000)
    for name in ("Bulk one", "Bulk two"):
        page.get_by_label(f"Select {name}", exact=True).check()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Turn content logging on").click()
    expect(page.get_by_text("2 endpoints will be changed")).to_be_visible()
    page.get_by_label("Reason").fill("Complaints of customers")
    page.get_by_role("button", name="Turn on content logging for 2 endpoints").click()
    page.wait_for_url(PROGRESS)
    expect(page.get_by_text("2 of 2 done")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("row", name=re.compile("Bulk two"))).to_contain_text("Done")

    page = open_page("admin", "/endpoints/?q=Bulk", java_script_enabled=False)
    page.get_by_label("Select Bulk one", exact=True).check()
    page.get_by_label("All 2 that match").check()
    page.get_by_text("More", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_label("Number of endpoints").fill("2")
    page.get_by_label("Reason").fill("No longer used")
    page.get_by_role("button", name="Delete 2 endpoints").click()
    page.wait_for_url(PROGRESS)
    until = time.monotonic() + 20
    while time.monotonic() < until and not page.get_by_text("2 of 2 done").is_visible():
        page.get_by_role("link", name="Refresh").or_(page.get_by_text("2 of 2 done")).first.click()
    page.goto("/endpoints/?q=Bulk")
    expect(page.get_by_text("Nothing found")).to_be_visible()
