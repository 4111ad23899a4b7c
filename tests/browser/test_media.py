"""Pages on paper, in colors that the system chooses, and addresses and texts that are as short as they can be."""

import re

from playwright.sync_api import expect

STYLE = "(element, name) => getComputedStyle(element)[name]"


def style(locator, name):
    return locator.evaluate(STYLE, name)


def test_on_paper_a_page_is_black_on_white_without_menus(deploy):
    page, row = deploy("On paper", color_scheme="dark", logging=True)
    expect(row).to_have_count(1)
    endpoint = row.get_by_role("link").first.get_attribute("href")
    page.emulate_media(media="print")
    for address in ("/endpoints/", endpoint, "/activity/", f"{endpoint}logs/"):
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for hidden in ("header", ".side", "main .button >> nth=0"):
            if page.locator(hidden).count():
                expect(page.locator(hidden).first).to_be_hidden()
        assert style(page.locator("h1"), "color") == "rgb(0, 0, 0)"
        assert style(page.locator("html"), "backgroundColor") == "rgb(255, 255, 255)"
    page.goto("/endpoints/")
    assert style(page.locator("thead"), "display") == "table-header-group"
    assert style(page.locator("thead th").first, "position") == "static"
    expect(page.locator("#filters")).to_be_hidden()
    expect(row.get_by_role("link").first).to_be_visible()


def test_in_forced_colors_badges_focus_and_selection_are_seen(deploy, service):
    page, row = deploy("In forced colors", forced_colors="active")
    expect(row).to_have_count(1)
    page.get_by_role("searchbox").first.fill("in forced colors")
    expect(page.locator("tbody tr")).to_have_count(1)
    before = style(row.locator("td").first, "borderBlockEndColor")
    row.get_by_role("checkbox").check()
    expect(row.locator("td").first).to_have_css("border-block-end-width", "2px")
    assert style(row.locator("td").first, "borderBlockEndColor") != before
    page.get_by_role("searchbox").first.focus()
    page.keyboard.press("Tab")
    focused = page.locator(":focus")
    assert style(focused, "outlineStyle") == "solid"
    assert float(style(focused, "outlineWidth").removesuffix("px")) >= 2
    current = page.locator(".side [aria-current=page]")
    assert style(current, "outlineStyle") == "solid"
    page.evaluate(
        "document.querySelector('tbody .col-status div').innerHTML += '<span class=\"requested\">Queued</span>'"
    )
    assert style(page.locator(".requested").first, "outlineStyle") == "solid"


def test_fields_that_are_empty_are_left_out_of_the_address(deploy, open_page):
    deploy("A line")  # without an endpoint, the list has no filters
    page = open_page("viewer", "/endpoints/")
    page.get_by_role("searchbox").first.fill("line")
    page.wait_for_url("**/endpoints/?q=line")
    page.get_by_role("searchbox").first.fill("")
    page.wait_for_url("**/endpoints/")
    page.goto("/models/")
    page.get_by_label("Kind").select_option("Base model")
    page.wait_for_url("**/models/?kind=base")


def test_a_text_that_is_cut_has_the_whole_as_its_tooltip(open_page):
    page = open_page("viewer", "/models/")
    name = page.locator("tbody th .line-2").first
    name.evaluate("element => { element.textContent = 'Long name '.repeat(40); }")
    name.hover()
    expect(name).to_have_attribute("title", re.compile("^Long name Long name"))
    other = page.locator("tbody th .line-2").nth(1)
    other.hover()
    assert other.get_attribute("title") is None
