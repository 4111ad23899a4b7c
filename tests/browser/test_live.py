"""Open pages refresh in place: what a person has chosen, typed or opened stays, and hidden pages rest."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.test_list import HIDE

POLL = re.compile(r"[?&]version=")
# A poll with an old version gets everything anew, as when all of it had changed.
NEWS = """() => new Promise((done) => {
    const part = document.querySelector("[data-live]");
    part.setAttribute("hx-get", part.getAttribute("hx-get").replace(/version=[^&]*/, "version=old"));
    htmx.process(part);
    document.addEventListener("htmx:afterSettle", () => done(true), { once: true });
    htmx.trigger(part, "refresh");
})"""
HIDDEN = "window.out = true; document.dispatchEvent(new Event('visibilitychange'))"
VISIBLE = "window.out = false; document.dispatchEvent(new Event('visibilitychange'))"


@pytest.fixture
def settled(deploy):
    """The page of an endpoint in which nothing is in progress, and its path."""

    def open_it(name, **options):
        page, row = deploy(name, **options)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("#deployment")).not_to_have_attribute("data-waits", "")
        return page, urlsplit(page.url).path

    return open_it


def test_focus_selected_text_and_scroll_survive_a_refresh_of_the_endpoints_page(settled):
    page, path = settled("Nothing moves", viewport={"width": 1280, "height": 500})
    button = page.get_by_role("button", name="Copy Endpoint URL")
    button.focus()
    page.evaluate("getSelection().selectAllChildren(document.getElementById('endpoint-id')); scrollTo(0, 300)")
    chosen = page.evaluate("getSelection().toString()")
    assert chosen
    page.evaluate(NEWS)
    expect(button).to_be_focused()
    assert page.evaluate("getSelection().toString()") == chosen
    assert page.evaluate("scrollY") == 300
    page.goto(f"{path}sample-code/")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('code'))")
    chosen = page.evaluate("getSelection().toString()")
    page.evaluate(NEWS)
    assert page.evaluate("getSelection().toString()") == chosen


def test_a_shown_key_stays_shown_while_the_page_refreshes(settled):
    page, _path = settled("Key in sight")
    page.get_by_role("button", name="Show endpoint key").click()
    key = page.locator("#endpoint-key").inner_text()
    page.evaluate(NEWS)
    expect(page.locator("#endpoint-key")).to_have_text(key)


def test_a_half_typed_reason_survives_what_another_person_changes(settled, open_page):
    page, path = settled("Typed by one")
    page.get_by_role("link", name="Change model").click()
    page.get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#deployment .big").last).to_have_text("No open change", timeout=60_000)
    page.get_by_role("link", name="History", exact=True).click()
    reason = page.get_by_label("Reason")
    reason.fill("Worse on na")
    other = open_page("admin", f"{path}edit/")
    other.get_by_label("Description").fill("Seen by both")
    other.get_by_role("button", name="Save").click()
    expect(page.locator("#history-rows")).to_contain_text("Edit", timeout=25_000)
    expect(reason).to_have_value("Worse on na")
    expect(reason).to_be_focused()


def test_selected_rows_the_focus_and_open_menus_survive_a_refresh_of_the_list(settled):
    page, _path = settled("Ticked twice")
    page.goto("/endpoints/")
    box = page.get_by_role("checkbox", name="Select Ticked twice")
    box.check()
    page.evaluate("document.querySelector('tbody tr').dataset.same = 'node'; scrollTo(0, 40)")
    at = page.evaluate("scrollY")
    page.evaluate(NEWS)
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    assert page.evaluate("scrollY") == at
    menu = page.locator("summary", has_text=re.compile(r"^\s*More filters\s*$"))
    menu.click()
    page.evaluate(NEWS)
    assert page.locator("details:has(> summary:text('More filters'))").get_attribute("open") is not None


def test_the_models_page_shows_a_new_endpoint_and_keeps_what_is_open(deploy, open_page):
    page = open_page("viewer", "/models/")
    page.evaluate("document.body.dataset.loaded = 'once'")
    page.locator("#models details summary").first.click()
    deploy("0 newly deployed")
    expect(page.get_by_role("link", name="0 newly deployed")).to_be_visible(timeout=30_000)
    assert page.evaluate("document.body.dataset.loaded") == "once"
    expect(page.locator("#models details").first).to_have_attribute("open", "")


def test_each_tab_follows_a_new_name(settled, open_page):
    page, path = settled("Old name")
    onlookers = [open_page("viewer", f"{path}{tab}") for tab in ("", "sample-code/", "content-logging/", "history/")]
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Name").fill("New name")
    page.get_by_role("button", name="Save").click()
    for onlooker in onlookers:
        expect(onlooker.get_by_role("heading", level=1)).to_have_text("New name", timeout=25_000)
        expect(onlooker).to_have_title(re.compile("New name"))
        expect(onlooker.locator("#breadcrumb")).to_contain_text("New name")


def test_banners_come_and_go_without_a_reload(settled, service):
    page, _path = settled("Under a banner")
    page.evaluate("document.body.dataset.loaded = 'once'")
    service.fail({"method": "GET", "path": "/speechtotext/.*", "times": 1000, "effect": {"close": True}})
    banner = page.locator("#banners .banner")
    expect(banner).to_contain_text("Last updated", timeout=60_000)
    service.fail()
    expect(banner).to_have_count(0, timeout=90_000)
    assert page.evaluate("document.body.dataset.loaded") == "once"


def test_a_page_whose_server_does_not_answer_says_since_when_and_updated_goes_on_afterwards(settled, complaints):
    page, _path = settled("Cut off", viewport={"width": 1280, "height": 400})
    page.route(POLL, lambda route: route.abort())
    since = page.get_by_text(re.compile(r"^No connection since \d\d:\d\d$"))
    expect(since).to_be_visible(timeout=25_000)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(since).to_be_in_viewport()
    page.unroute(POLL)
    expect(since).to_be_hidden(timeout=60_000)
    shown = page.locator("#updated time")
    page.evaluate("document.querySelector('#updated time').textContent = 'long ago'")
    expect(shown).to_have_text(re.compile(r"^\d\d:\d\d$"), timeout=25_000)
    complaints.clear()  # the browser's message for a failed request


def polls_while_hidden(page, seconds):
    asked = []
    page.on("request", lambda request: asked.append(request.url) if POLL.search(request.url) else None)
    page.evaluate(HIDDEN)
    page.clock.run_for(seconds * 1000)
    return len(asked)


def test_a_settled_page_rests_while_it_is_hidden_and_asks_at_once_when_it_is_seen(settled):
    page, path = settled("Out of sight")
    page.add_init_script(HIDE)
    page.clock.install()
    page.goto(path)
    assert polls_while_hidden(page, 600) == 0
    with page.expect_request(POLL):
        page.evaluate(VISIBLE)


def test_a_hidden_page_with_an_open_change_asks_twice_a_minute_and_counts_in_the_title_what_has_ended(deploy, service):
    service.stop()
    page, _row = deploy("Waited for")
    page.add_init_script(HIDE)
    page.clock.install()
    page.goto("/endpoints/?q=Waited+for")
    row = page.get_by_role("row").filter(has_text="Waited for")
    expect(row).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    assert 1 <= polls_while_hidden(page, 120) <= 4
    assert page.title().startswith("Deploy models")
    service.go()
    for _wait in range(60):
        page.clock.run_for(31_000)
        if page.title().startswith("("):
            break
        page.wait_for_timeout(300)
    expect(page).to_have_title(re.compile(r"^\(1\) Deploy models"))
    expect(row).to_have_attribute("data-status", "Succeeded")
    page.evaluate(VISIBLE)
    expect(page).to_have_title(re.compile("^Deploy models"))


def test_tabs_keep_the_place_on_the_page_and_can_be_linked_to(settled, open_page):
    page, path = settled("Four tabs", viewport={"width": 1280, "height": 500})
    page.evaluate("document.body.dataset.loaded = 'once'; scrollTo(0, 150)")
    tab = page.get_by_role("link", name="Sample code", exact=True)
    tab.press("Enter")
    expect(page).to_have_url(re.compile("/sample-code/$"))
    expect(page).to_have_title("Sample code - Four tabs - Speech Studio")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab).to_be_focused()
    assert page.evaluate("scrollY") == 150
    assert page.evaluate("document.body.dataset.loaded") == "once"
    page.go_back()
    expect(page.get_by_role("link", name="Overview", exact=True)).to_have_attribute("aria-current", "page")
    page.goto(f"{path}#history")
    expect(page).to_have_url(re.compile("/history/$"))

    plain = open_page("viewer", path, java_script_enabled=False)
    for label, shown in (("Sample code", "Python"), ("Content logging", "30 days"), ("History", "deployed")):
        plain.get_by_role("link", name=label, exact=True).click()
        expect(plain.get_by_role("link", name=label, exact=True)).to_have_attribute("aria-current", "page")
        expect(plain.locator("#panel")).to_contain_text(shown)
