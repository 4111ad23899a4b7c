"""The pages as people meet them: two presses at once, no script, a phone, a service that is away."""

import re
import signal
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import fill_wizard


def test_a_double_click_on_add_makes_one_endpoint(open_page):
    page = open_page("admin", "/endpoints/new/")
    fill_wizard(page, "Pressed twice")
    page.get_by_role("button", name="Add", exact=True).dblclick()
    page.wait_for_url("**/endpoints/")
    expect(page.get_by_role("link", name="Pressed twice")).to_have_count(1)


def test_the_wizard_and_the_list_work_without_script(deploy):
    page, row = deploy("Without script", java_script_enabled=False)
    expect(row).to_have_count(1)
    page.get_by_label("Search").fill("without SCRIPT")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("row")).to_have_count(2)


def test_the_list_is_searched_without_a_reload(deploy):
    page, _row = deploy("Needle in the hay")
    deploy("Another one")
    page.reload()
    page.evaluate("document.body.dataset.loaded = 'once'")
    page.get_by_label("Search").press_sequentially("needle")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=needle"))
    expect(page.get_by_label("Search")).to_be_focused()
    assert page.evaluate("document.body.dataset.loaded") == "once"
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()


def test_pages_stay_fast_and_say_so_while_the_service_is_away_and_catch_up_when_it_is_back(demo, deploy):
    page, row = deploy("Service away")
    demo.signal("endpoints.simulator", signal.SIGSTOP)
    try:
        banner = page.get_by_text(re.compile("did not answer|could not be reached"))
        for _look in range(60):
            began = time.monotonic()
            page.goto("/endpoints/")
            assert time.monotonic() - began < 1.5
            if banner.count():
                break
            page.wait_for_timeout(1000)
        expect(banner).to_contain_text("The data is from")
    finally:
        demo.signal("endpoints.simulator", signal.SIGCONT)
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_that_axe_knows(deploy, scheme):
    page, row = deploy(f"Axe in {scheme}", logging=True, color_scheme=scheme)
    row.get_by_role("link").first.click()
    endpoint = page.url
    addresses = ["/endpoints/", "/endpoints/?q=nothing+like+it", "/endpoints/new/", "/models/", "/activity/"]
    addresses += ["/downloads/", "/resources/", "/resources/new/", endpoint, f"{endpoint}logs/", "/nowhere/"]
    for address in addresses:
        if address == "/nowhere/":
            continue
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}: {found.generate_report()}"


def test_nothing_scrolls_sideways_on_a_phone(deploy):
    page, row = deploy("On a phone" + "x" * 200, viewport={"width": 320, "height": 640})
    row.get_by_role("link").first.click()
    for address in ("/endpoints/", page.url, "/models/", "/activity/", "/endpoints/new/", "/resources/"):
        page.goto(address)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 320, address


def test_what_a_person_may_not_do_is_not_there(open_page):
    page = open_page("viewer")
    expect(page.get_by_role("link", name="Deploy model", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Downloads")).to_have_count(0)
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def test_a_session_that_ended_leads_to_sign_in_and_not_into_the_table(deploy):
    page, row = deploy("Session ends")
    expect(row).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    page.context.clear_cookies()
    page.wait_for_url("**/sign-in/**")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
