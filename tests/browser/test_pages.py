"""Pages in a browser: double clicks, no JavaScript, a phone, an unavailable service."""

import re
import signal

from playwright.sync_api import expect

from tests.browser.conftest import ADDED, fill_wizard


def test_a_double_click_on_add_makes_one_endpoint(open_page):
    page = open_page("admin", "/endpoints/new/")
    fill_wizard(page, "Pressed twice")
    page.get_by_role("button", name="Add", exact=True).dblclick()
    page.wait_for_url(ADDED)
    page.goto("/endpoints/")
    expect(page.get_by_role("link", name="Pressed twice")).to_have_count(1)


def test_the_wizard_and_the_list_work_without_script(deploy):
    page, row = deploy("Scriptless line", java_script_enabled=False)
    expect(row).to_have_count(1)
    page.get_by_label("Search").fill("scriptless LINE")
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


def test_pages_open_and_say_so_while_the_service_is_unavailable_and_catch_up_afterwards(demo, deploy, service):
    page, row = deploy("Service away")
    demo.signal("endpoints.simulator", signal.SIGSTOP)
    try:
        for address in ("/endpoints/", "/models/", "/activity/", "/resources/"):
            assert page.goto(address).ok
    finally:
        demo.signal("endpoints.simulator", signal.SIGCONT)
    page.goto("/endpoints/")
    service.fail({"method": "GET", "path": "/speechtotext/.*", "times": 1000, "effect": {"close": True}})
    failure = re.compile("didn't respond|couldn't be reached|connection")
    banner = page.locator("#banners p").filter(has_text=failure)
    reload_until(page, banner.count)
    expect(banner).to_contain_text("Last updated")
    service.fail()
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
    reload_until(page, lambda: not banner.count())


def reload_until(page, true):
    for _look in range(100):
        page.reload()
        if true():
            return
        page.wait_for_timeout(300)
    raise AssertionError("not within 100 loads")


def test_actions_without_permission_are_not_shown(open_page):
    page = open_page("viewer")
    expect(page.get_by_role("link", name="Deploy model", exact=True)).to_have_count(0)
    expect(page.get_by_role("link", name="Downloads")).to_have_count(0)
    page.get_by_role("link", name="Models").first.click()
    expect(page.get_by_role("heading", name="Models")).to_be_visible()


def test_a_session_that_ended_leads_to_sign_in_and_not_into_the_table(deploy, service):
    service.stop()
    page, row = deploy("Session ends")
    expect(row).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    page.context.clear_cookies()
    page.wait_for_url("**/sign-in/**")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
