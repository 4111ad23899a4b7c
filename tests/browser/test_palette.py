"""The command palette by keyboard and pointer, with what a screen reader is told; and the page that is its fallback."""

import re

import pytest
from playwright.sync_api import expect

FIELD = "Search endpoints, models, pages, and actions"


@pytest.fixture
def palette(open_page):
    """Opens the palette on a page, by its keys."""

    def on(address="/models/", person="admin"):
        page = open_page(person, address)
        page.keyboard.press("Control+k")
        expect(page.get_by_role("dialog", name="Search or jump to")).to_be_visible()
        expect(results(page).get_by_role("option").first).to_be_visible()
        return page, page.get_by_role("combobox", name=FIELD)

    return on


def results(page):
    return page.get_by_role("listbox", name="Results")


def active(field):
    """The option that a screen reader reads out."""
    return field.page.locator(f"#{field.get_attribute('aria-activedescendant')}")


def test_a_page_is_found_and_opened_by_keys_alone(palette):
    page, field = palette()
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "true")
    page.keyboard.type("activi")
    expect(results(page).get_by_role("option", name="Activity")).to_have_attribute("aria-selected", "true")
    expect(results(page).get_by_role("option", selected=True)).to_have_count(1)
    expect(active(field)).to_have_text(re.compile("Activity"))
    expect(results(page).get_by_role("group", name="Pages")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="1 result")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url("**/activity/")


def test_arrows_move_through_all_options_and_around(palette):
    page, field = palette()
    count = results(page).get_by_role("option").count()
    first = field.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") != first
    expect(active(field)).to_be_in_viewport()
    seen = set()
    for _press in range(count):
        page.keyboard.press("ArrowDown")
        seen.add(field.get_attribute("aria-activedescendant"))
    assert len(seen) == count
    expect(field).to_be_focused()


def test_enter_before_the_results_are_there_opens_the_first_of_them(palette):
    page, field = palette()
    field.evaluate("field => { field.value = ''; }")
    page.keyboard.type("resources")
    page.keyboard.press("Enter")
    page.wait_for_url("**/resources/")


def test_the_last_option_leads_to_all_results(palette):
    page, _field = palette()
    page.keyboard.type("model")
    expect(results(page).get_by_role("option").last).to_have_text(re.compile("All results for “model”"))
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=model")
    expect(page.get_by_role("searchbox", name=FIELD)).to_have_value("model")


def test_escape_closes_the_palette_and_the_focus_returns(open_page):
    page = open_page("viewer", "/models/")
    search = page.get_by_label("Search", exact=True)
    search.fill("half typed")
    page.keyboard.press("Control+k")
    expect(results(page).get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(search).to_be_focused()
    expect(search).to_have_value("half typed")


def test_the_field_in_the_header_opens_it_and_a_click_chooses(open_page):
    page = open_page("viewer", "/models/")
    page.get_by_role("banner").get_by_role("link", name="Search or jump to").click()
    page.keyboard.type("sett")
    results(page).get_by_role("option", name="Settings").click()
    page.wait_for_url("**/settings/")


def test_an_endpoint_is_found_with_what_can_be_done_with_it(deploy):
    page, row = deploy("Zebra crossing")
    expect(row).to_have_count(1)
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra")
    group = page.get_by_role("group", name="Actions for Zebra crossing")
    expect(group.get_by_role("option", name="Change model")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Zebra crossing", level=1)).to_be_visible()


def test_without_script_the_header_leads_to_a_page_that_searches(open_page):
    page = open_page("viewer", java_script_enabled=False, viewport={"width": 390, "height": 844})
    page.get_by_role("banner").get_by_role("link", name="Search or jump to").click()
    page.get_by_role("searchbox", name=FIELD).fill("activity")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("main").get_by_role("link", name="Activity").click()
    expect(page).to_have_url(re.compile("/activity/$"))
