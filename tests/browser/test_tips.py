"""Tooltips of the list: what is cut in a row is shown to the pointer, to the keyboard's focus, and said once."""

import re

import pytest
from playwright.sync_api import expect

NAME = "A name so long that no column can hold it and the rest of it is only in its tooltip " * 2


@pytest.fixture
def name(request):
    """Of an endpoint of one test."""
    return f"{NAME}{request.node.originalname}"


@pytest.fixture
def listed(deploy, name):
    page, row = deploy(name, viewport={"width": 1440, "height": 900})
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    page.goto("/endpoints/")  # settled: it does not change any more
    return page, page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def focus(page, row):
    row.get_by_role("checkbox").focus()
    page.keyboard.press("Tab")
    link = row.get_by_role("link").first
    expect(link).to_be_focused()
    return link


def test_the_focus_on_a_name_shows_the_whole_of_the_row_until_escape(listed, name):
    page, row = listed
    tip = page.get_by_role("tooltip")
    expect(tip).to_be_hidden()
    focus(page, row)
    expect(tip).to_contain_text(name)
    expect(tip).to_contain_text(re.compile(r"Expiration .*\d+ days left"))
    expect(tip).to_contain_text(re.compile(r"Last change \w+ \d+, \d{4} \d\d:\d\d:\d\d \S+, by admin"))
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1440
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    expect(row.get_by_role("link").first).to_be_focused()


def test_a_screen_reader_hears_the_name_once_and_the_rest_as_its_description(listed, name):
    page, row = listed
    link = focus(page, row)
    expect(link).to_have_accessible_name(name)
    expect(link).to_have_accessible_description(re.compile(r"^(?!.*A name so long).*days left.*by admin"))
    assert row.locator("[title]").count() == 0, "the browser would show them too"
    page.keyboard.press("Tab")
    expect(page.get_by_role("tooltip")).to_be_hidden()
    assert row.locator("[title]").count() > 2
    expect(link).to_have_accessible_description("")


def test_the_pointer_may_move_onto_the_tooltip_and_off_it(listed):
    page, row = listed
    tip = page.get_by_role("tooltip")
    row.locator(".col-expiration [title]").hover()
    expect(tip).to_contain_text("days left")
    expect(tip).not_to_contain_text("A name so long")
    box = tip.bounding_box()
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.clock.install()
    page.clock.run_for(5_000)
    expect(tip).to_be_visible()
    page.clock.resume()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    row.locator(".col-model [title]").hover()
    expect(tip).to_be_visible()
    page.get_by_role("heading", name="Deploy models").hover()
    expect(tip).to_be_hidden()


def test_it_stays_on_the_name_that_has_the_focus_when_the_rows_are_swapped(listed, name):
    page, row = listed
    focus(page, row)
    expect(page.get_by_role("tooltip")).to_be_visible()
    with page.expect_response(re.compile("version=")):
        page.evaluate(
            "() => { const list = document.querySelector('[data-live]');"
            "list.setAttribute('hx-get', list.getAttribute('hx-get').replace(/version=[^&]*/, 'version=old'));"
            "htmx.process(list); htmx.trigger(list, 'refresh') }"
        )
    expect(row.get_by_role("link").first).to_be_focused()
    expect(page.get_by_role("tooltip")).to_contain_text(name)
