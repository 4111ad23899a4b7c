"""What was typed survives the end of the session: for the same person, in the same tab, and without secrets."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import sign_in
from tests.browser.test_wizard_twice import sign_everybody_out

RESTORED = "You signed in again. What you entered before is still here"
STORED = "sessionStorage.getItem('unsent')"


@pytest.fixture
def endpoint(deploy, request):
    """The page of an endpoint that serves, and its address."""
    name = f"Session of {request.node.originalname[5:40]}"
    page, row = deploy(name)
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    row.get_by_role("link", name=name, exact=True).click()
    page.wait_for_url(re.compile(r"/endpoints/[0-9a-f-]{36}/"))
    return page, page.url.split("?")[0]


def test_a_form_that_is_sent_after_the_session_has_ended_comes_back_filled_in(endpoint, demo):
    page, address = endpoint
    page.goto(f"{address}edit/")
    page.get_by_label("Description").fill("Typed before\nthe session ended")
    page.get_by_label("Log content from this endpoint").check()
    page.get_by_label("Reason").press_sequentially("The field being ty")
    sign_everybody_out(demo)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/sign-in/**")
    sign_in(page, "admin")
    expect(page).to_have_url(f"{address}edit/")
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Typed before\nthe session ended")
    expect(page.get_by_label("Log content from this endpoint")).to_be_checked()
    expect(page.get_by_label("Reason")).to_have_value("The field being ty")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The endpoint is being changed.")).to_be_visible()
    assert page.evaluate(STORED) is None


def test_a_choice_a_time_and_the_reason_of_a_change_of_model_come_back(endpoint, demo):
    page, address = endpoint
    page.goto(f"{address}change-model/")
    radio = page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first
    radio.check()
    model = radio.get_attribute("value")
    expect(page.locator("#new-model").get_by_role("term").filter(has_text="Model ID")).to_be_visible()
    page.get_by_text("Start later").click()
    page.get_by_label("Start at").fill("2099-12-31T02:00")
    page.get_by_label("Reason").fill("Better on names")
    sign_everybody_out(demo)
    # Requests the other card, which is answered by sign-in.
    page.locator("input[name=model]:enabled").last.click(no_wait_after=True)
    page.wait_for_url("**/sign-in/**")
    sign_in(page, "admin")
    expect(page.get_by_text(RESTORED)).to_be_visible()
    expect(page.get_by_label("Start at")).to_have_value("2099-12-31T02:00")
    expect(page.get_by_label("Reason")).to_have_value("Better on names")
    chosen = page.locator("input[name=model]:checked").get_attribute("value")
    assert chosen in (model, page.locator("input[name=model]:enabled").last.get_attribute("value"))
    expect(page.locator("#new-model").get_by_role("term").filter(has_text="Model ID")).to_be_visible()


def test_a_button_whose_address_cannot_be_opened_leads_back_to_the_page_of_its_form(open_page, demo):
    page = open_page("admin", "/endpoints/?q=any")
    before = page.url
    sign_everybody_out(demo)
    page.evaluate("document.getElementById('favorite').requestSubmit()")
    page.wait_for_url("**/sign-in/**")
    sign_in(page, "admin")
    expect(page).to_have_url(before)


def test_another_person_sees_nothing_of_it(open_page, demo):
    page = open_page("admin", "/resources/new/")
    page.get_by_label("Name").fill("Secret plans")
    sign_everybody_out(demo)
    page.reload()
    page.wait_for_url("**/sign-in/**")
    assert "Secret plans" in page.evaluate(STORED)
    sign_in(page, "viewer")
    page.wait_for_load_state("load")
    page.goto("/endpoints/")
    assert page.evaluate(STORED) is None


def test_signing_out_forgets_what_was_typed(open_page):
    page = open_page("admin", "/resources/new/")
    page.get_by_label("Name").fill("Half a name")
    assert "Half a name" in page.evaluate(STORED)
    page.locator("header summary", has_text="admin").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/")
    assert page.evaluate(STORED) is None


def test_keys_are_never_kept_and_asked_for_again(open_page, demo):
    page = open_page("admin", "/resources/new/")
    page.get_by_label("Name").fill("Fabrikam")
    page.locator("main input[type=password]").first.fill("0123456789abcdef")
    assert "0123456789abcdef" not in page.evaluate(STORED)
    sign_everybody_out(demo)
    page.locator("main form button.primary").first.click()
    page.wait_for_url("**/sign-in/**")
    sign_in(page, "admin")
    expect(page.get_by_label("Name")).to_have_value("Fabrikam")
    expect(page.locator("main input[type=password]").first).to_have_value("")
    expect(page.get_by_text("Keys and passwords aren't kept. Enter them again.")).to_be_visible()


def test_a_form_that_was_left_opens_empty_again(open_page):
    page = open_page("admin", "/resources/new/")
    page.get_by_label("Name").fill("Thought better of it")
    page.goto("/endpoints/")
    page.goto("/resources/new/")
    expect(page.get_by_label("Name")).to_have_value("")


def test_without_javascript_the_sign_in_page_says_that_nothing_was_sent(open_page, demo):
    page = open_page("admin", "/resources/new/", java_script_enabled=False)
    page.get_by_label("Name").fill("Fabrikam")
    sign_everybody_out(demo)
    page.locator("main form button.primary").first.click()
    expect(page.get_by_text("Your session ended before the form was sent, so nothing was changed.")).to_be_visible()
    sign_in(page, "admin")
    expect(page).to_have_url(re.compile(r"/resources/new/$"))
