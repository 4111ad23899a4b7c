"""The wizard in a browser: models are searched while typing, and errors take focus."""

import re

import pytest
from playwright.sync_api import expect


def at_the_models(page):
    page.goto("/endpoints/new/")
    page.get_by_label("Project").select_option(index=0)
    page.get_by_role("button", name="Next").click()
    return page.get_by_role("group", name="Model")


def test_models_are_searched_as_one_types_and_the_chosen_one_stays(open_page):
    page = open_page("admin")
    group = at_the_models(page)
    search, count = page.get_by_label("Search models"), group.get_by_role("status")
    group.get_by_role("radio", disabled=False).nth(1).check()
    chosen = group.get_by_role("radio", checked=True).get_attribute("value")

    search.press_sequentially("base m", delay=20)
    expect(count).to_have_text(re.compile(r"^\d+ models? found$"))
    expect(search).to_be_focused()
    kinds = group.locator('td[data-label="Kind"]').all_inner_texts()
    assert set(kinds[1:]) == {"Base model"}
    expect(group.get_by_role("radio", checked=True)).to_have_value(chosen)
    expect(group.get_by_role("radio").first).to_be_checked()

    search.fill("nothing is called like this")
    search.press("Enter")
    expect(group.get_by_text("No models match")).to_be_visible()
    expect(count).to_have_text("0 models found")
    expect(page.get_by_label("Search models")).to_be_focused()

    page.get_by_role("button", name="Next").click()
    expect(page.get_by_label("Name", exact=True)).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(group.get_by_role("radio", checked=True)).to_have_value(chosen)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_errors_take_focus_and_lead_to_their_fields(open_page, script):
    # A page of its own, because Chromium logs each 422 as an error on the console.
    page = open_page("admin", java_script_enabled=script).context.new_page()
    group = at_the_models(page)
    if not script:
        page.get_by_label("Search models").fill("base")
        page.get_by_role("button", name="Search").click()
        expect(group.get_by_role("status")).to_have_text(re.compile(r"found$"))
    group.get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Next").click()

    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    summary.get_by_role("link", name="Name").click()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    page.get_by_label("Name", exact=True).fill("Support calls")
    page.get_by_role("button", name="Next").click()

    page.get_by_text("Speech CLI", exact=True).click()
    expect(page.get_by_role("region", name="Command (Speech CLI)")).to_contain_text("--name 'Support calls'")
