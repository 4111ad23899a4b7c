"""The wizard when Add is clicked twice, the session ends, or the person signs in again in another tab."""

import contextlib
import sqlite3

from playwright.sync_api import expect

from tests.browser.conftest import ADDED, fill_wizard


def sign_in(page):
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()


def number_of(page, name):
    page.goto(f"/endpoints/?q={name.replace(' ', '+')}")
    return page.get_by_role("link", name=name, exact=True).count()


def test_pressing_add_twice_in_every_way_makes_one_endpoint(open_page):
    page = open_page("admin", "/endpoints/new/")
    fill_wizard(page, "Pressed often")
    other = page.context.new_page()
    other.goto(page.url)
    third = page.context.new_page()
    third.goto(page.url)
    page.get_by_role("button", name="Add", exact=True).dblclick()
    page.wait_for_url(ADDED)
    page.goto("/endpoints/")
    expect(page.get_by_role("link", name="Pressed often", exact=True)).to_have_count(1)
    other.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(other.get_by_text("Pressed often is being deployed")).to_be_visible()
    third.get_by_role("button", name="Back", exact=True).click()
    expect(third.get_by_text("Pressed often is being deployed")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Pressed often")).to_be_visible()
    assert number_of(page, "Pressed often") == 1


def test_a_session_that_ended_in_the_wizard_loses_nothing_and_sends_nothing_twice(open_page, demo):
    page = open_page("admin", "/endpoints/new/")
    page.get_by_role("button", name="Next").click()
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Next").click()
    for label, typed in (("Name", "Slept over it"), ("Description", "Typed before")):
        with page.expect_response(lambda answer: answer.request.method == "POST") as kept:
            page.get_by_label(label).fill(typed)
            page.get_by_label(label).blur()
        assert kept.value.status == 204
    sign_everybody_out(demo)
    page.get_by_role("button", name="Next").click()
    sign_in(page)
    expect(page.get_by_label("Name")).to_have_value("Slept over it")
    expect(page.get_by_label("Description")).to_have_value("Typed before")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Typed before", exact=True)).to_be_visible()
    sign_everybody_out(demo)
    page.get_by_role("button", name="Add", exact=True).click()
    sign_in(page)
    expect(page.get_by_text("Typed before", exact=True)).to_be_visible()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/endpoints/")
    assert number_of(page, "Slept over it") == 1


def sign_everybody_out(demo):
    with contextlib.closing(sqlite3.connect(demo.var / "db.sqlite3", isolation_level=None, timeout=20)) as database:
        database.execute("delete from django_session")


def test_a_page_from_before_signing_in_again_says_that_it_has_to_be_opened_again(demo, new_context):
    page = new_context(base_url=demo.url).new_page()
    page.set_default_timeout(15_000)
    page.goto("/endpoints/new/")
    sign_in(page)
    fill_wizard(page, "Signed in twice")
    other = page.context.new_page()
    other.goto("/sign-in/")
    page.context.clear_cookies(name="sessionid")
    other.goto("/endpoints/")
    sign_in(other)
    other.wait_for_url("**/endpoints/")
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name="Add", exact=True).click()
    assert navigation.value.status == 403
    expect(page.get_by_role("heading", name="Reload the page")).to_be_visible()
    expect(page.get_by_text("Go back, reload the page")).to_be_visible()
    assert number_of(other, "Signed in twice") == 0
    page.go_back()
    page.reload()
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url("**/endpoints/")
    assert number_of(other, "Signed in twice") == 1
