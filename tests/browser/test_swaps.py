"""On each page that refreshes in place, what a person has focused, selected, opened and typed survives the change."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_wizard_twice import sign_everybody_out

# By name: the address, below the endpoint's page when it begins with "."
LIVE = {
    "list": "/endpoints/",
    "models": "/models/",
    "activity": "/activity/",
    "downloads": "/downloads/",
    "all logs": "/logs/",
    "resources": "/resources/",
    "logs": "./logs/",
    "overview": ".",
    "sample code": "./sample-code/",
    "content logging": "./content-logging/",
    "history": "./history/",
}
FORMS = {
    "wizard": "/endpoints/new/",
    "settings": "/settings/",
    "new resource": "/resources/new/",
    "change model": "./change-model/",
    "edit": "./edit/",
    "content log settings": "./logs/keep/",
}
# Visible fields of text in the page itself, and a menu or another thing that opens, which closed ones do not contain.
FIELD = "main :is(input:not([type]), input[type=text], input[type=search], textarea):visible"
MENU = "main details:not([open]) > summary:visible"
# A word of the page's heading, as somebody selects it to copy it.
SELECT = "getSelection().selectAllChildren(document.querySelector('main h1'))"
CARET = "[document.activeElement.selectionStart, document.activeElement.selectionEnd]"
# Of the swapped part if it has any; what a banner leads to goes with the banner.
FOCUS = """() => {
  const parts = [...document.querySelectorAll('[data-live]:not(#banners)'), document.querySelector('main')];
  for (const part of parts) {
    const found = [...part.querySelectorAll('a[href], button, input[type=checkbox]')].find(one =>
      one.checkVisibility({ visibilityProperty: true }) && !one.disabled && !one.closest('.banner, dialog'));
    if (!found) continue;
    found.focus({ preventScroll: true });
    found.mark = 'focused before';
    return document.activeElement === found;
  }
}"""


@pytest.fixture
def resource(open_page):
    """Pauses and resumes the Speech resource of the demo, which every page shows; resumed at the end."""
    page = open_page("admin", "/resources/")
    edit = page.locator("#resources h2 a").first.get_attribute("href")
    path = re.search(r"/resources/[0-9a-f-]{36}/", edit)[0]

    def change(to):
        address = f"{path}{to}/"
        shown = page.request.get(address).text()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', shown)[1]
        number = re.search(r"number of endpoints: <strong>(\d+)<", shown)  # when there are many
        form = {
            "csrfmiddlewaretoken": token,
            "reason": "A change that every page shows",
            "number": number[1] if number else "0",
        }
        assert page.request.post(address, form=form, headers={"Referer": page.url}).ok

    yield change
    change("resume")


def swapped(page, change, to):
    """Make the change, and wait until the page has swapped its parts for it."""
    live = page.locator("[data-live]").first
    before = live.get_attribute("hx-get")
    change(to)
    page.evaluate("document.querySelectorAll('[data-live]').forEach(part => htmx.trigger(part, 'refresh'))")
    expect(live).not_to_have_attribute("hx-get", before)
    page.evaluate("new Promise(done => setTimeout(done))")


@pytest.mark.parametrize("name", [*LIVE, *FORMS])
def test_a_change_leaves_everything_where_it_was(open_page, serving, resource, name):
    address = (LIVE | FORMS)[name]
    where = f"{serving}{address[2:]}" if address.startswith(".") else address
    page = open_page("admin", where, viewport={"width": 1280, "height": 800})
    page.evaluate("document.body.dataset.loaded = 'once'")

    assert page.evaluate(FOCUS)
    page.evaluate(SELECT)
    chosen = page.evaluate("getSelection().toString()")
    assert chosen.strip()
    swapped(page, resource, "pause")
    assert page.evaluate("document.activeElement.mark") == "focused before"
    assert page.evaluate("getSelection().toString()") == chosen

    if page.locator(FIELD).count():
        field = page.locator(FIELD).first
        field.fill("half typed")
        page.wait_for_load_state("networkidle")  # a search refreshes the page, too
        field.evaluate("field => { field.mark = 'typed in before'; field.setSelectionRange(2, 6); }")
        swapped(page, resource, "resume")
        assert page.evaluate("document.activeElement.mark") == "typed in before"
        assert page.evaluate(CARET) == [2, 6]
        expect(field).to_have_value("half typed")

    resource("resume")
    if page.locator(MENU).count():
        page.locator(MENU).first.click()
        swapped(page, resource, "pause")
        expect(page.locator("main details[open] > summary").first).to_be_visible()
    assert page.evaluate("document.body.dataset.loaded") == "once"


@pytest.mark.parametrize("name", FORMS)
def test_a_form_says_since_when_the_server_does_not_answer(open_page, serving, complaints, name):
    address = FORMS[name]
    page = open_page("admin", f"{serving}{address[2:]}" if address.startswith(".") else address)
    page.route(re.compile(r"[?&]version="), lambda route: route.abort())
    page.evaluate("htmx.trigger('[data-live]', 'refresh')")
    expect(page.get_by_text(re.compile(r"^No connection since \d\d:\d\d$"))).to_be_visible()
    complaints.clear()  # the browser's message for a failed request


def test_a_form_stays_open_when_the_session_ends_and_leads_to_sign_in(open_page, demo):
    page = open_page("admin", "/resources/new/")
    page.get_by_label("Name").fill("Half a na")
    sign_everybody_out(demo)
    page.evaluate("htmx.trigger('[data-live]', 'refresh')")
    expect(page.get_by_text("Your session has ended.")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Half a na")
    page.locator("#session-ended").get_by_role("link", name="Sign in", exact=True).click()
    sign_in(page, "admin")
    expect(page).to_have_url(re.compile("/resources/new/$"))
    expect(page.get_by_text("You signed in again.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Half a na")
