"""How much of the list a screen shows: rows of one height, on wide screens, narrow ones and phones."""

import re

import pytest
from playwright.sync_api import expect

ROWS = """() => [...document.querySelectorAll('.table-endpoints tbody tr')].map(row => {
  const {top, bottom, height} = row.getBoundingClientRect(); return {top, bottom, height} })"""
OVERFLOWING = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""
LONG = "Customer care escalation line for the whole of the European region " * 2 + "and a few others."


@pytest.fixture(scope="module")
def demo(forty_endpoints):
    return forty_endpoints


@pytest.fixture(scope="module")
def sessions(sessions_of_forty):
    return sessions_of_forty


@pytest.fixture
def screen(open_page, sessions):
    def screen(width, height, **options):
        if "viewer" not in sessions:
            open_page("viewer")  # signs in, in English
        page = open_page("viewer", "/endpoints/", viewport={"width": width, "height": height}, **options)
        expect(page.locator(".table-endpoints tbody tr").nth(39)).to_be_attached()
        expect(page.locator("#banners .banner")).to_have_count(0, timeout=30_000)  # of a worker that still starts
        assert page.evaluate(OVERFLOWING) == 0
        return page, page.evaluate(ROWS)

    return screen


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize(("width", "height", "least"), [(1440, 900, 14), (1280, 800, 12), (1024, 768, 12)])
def test_a_screen_shows_many_rows_of_one_height(screen, width, height, least, locale):
    page, rows = screen(width, height, locale=locale)
    assert {row["height"] for row in rows} == {44}
    assert sum(row["bottom"] <= height for row in rows) >= least
    cut = page.evaluate(
        "() => [...document.querySelectorAll('.table-endpoints time')]"
        ".filter(time => time.offsetParent && (time.getClientRects().length > 1"
        " || [time, time.parentElement].some(box => box.clientWidth && box.scrollWidth > box.clientWidth))).length"
    )
    assert cut == 0, "a date stands whole on one line"


def test_compact_rows_are_the_choice_of_a_person(open_page):
    page = open_page("viewer", "/settings/", viewport={"width": 1440, "height": 900})
    page.get_by_label("Density").select_option("compact")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()
    page.goto("/endpoints/")
    rows = page.evaluate(ROWS)
    assert {row["height"] for row in rows} == {36}
    assert sum(row["bottom"] <= 900 for row in rows) >= 18
    page.goto("/settings/")
    page.get_by_label("Density").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Your settings are saved.")).to_be_visible()


def test_a_phone_shows_three_cards_and_the_first_in_its_upper_half(screen):
    _page, rows = screen(390, 844)
    assert rows[0]["top"] <= 844 * 0.45
    assert sum(row["bottom"] <= rows[0]["top"] + 844 - 48 for row in rows) >= 3


def test_cards_below_the_screen_of_a_phone_are_not_laid_out_but_found_and_reached(screen):
    page, _rows = screen(390, 844)
    laid_out = "link => link.checkVisibility({contentVisibilityAuto: true})"
    names = page.locator(".table-endpoints tbody .col-name a")
    first, last = names.first, names.last
    page.wait_for_function(laid_out, arg=first.element_handle())
    assert not last.evaluate(laid_out)
    expect(page.get_by_role("link", name=last.text_content(), exact=True)).to_have_count(1)
    assert page.evaluate("name => window.find(name)", last.text_content())
    page.evaluate("getSelection().removeAllRanges()")
    last.focus()
    expect(last).to_be_in_viewport()
    page.wait_for_function(laid_out, arg=last.element_handle())
    page.evaluate("scrollTo(0, 0)")
    page.emulate_media(media="print")
    page.wait_for_function(laid_out, arg=names.nth(35).element_handle())


def test_on_a_phone_all_filters_are_behind_one_button(screen):
    page, _rows = screen(390, 844)
    filters = page.locator("#filters")
    expect(filters.get_by_label("Status")).to_be_hidden()
    page.get_by_text("More filters").click()
    filters.get_by_label("Status").select_option("Failed")
    expect(page.get_by_text("Clear filters")).to_be_visible()
    for label in ("Locale", "Expiring", "Project", "Content logging", "Sort by"):
        expect(filters.get_by_label(label)).to_be_visible()


def test_with_twice_the_zoom_rows_are_visible(screen):
    _page, rows = screen(720, 450)  # 1440 x 900 at 200 %
    assert sum(row["bottom"] <= 450 for row in rows) >= 1


@pytest.mark.parametrize("width", [320, 390, 640, 768, 900, 1024, 1120, 1280, 1360, 1440])
def test_nothing_scrolls_sideways(screen, width):
    screen(width, 800)


def test_long_names_are_cut_on_their_line_and_whole_in_a_tooltip(deploy):
    page, _row = deploy(LONG, viewport={"width": 1440, "height": 900})
    whole = page.get_by_title(LONG)
    expect(whole).to_be_visible()
    assert {row["height"] for row in page.evaluate(ROWS)} == {44}
    assert whole.evaluate("name => name.closest('a').scrollWidth > name.closest('a').clientWidth")


def test_a_theme_is_the_choice_of_a_person(open_page):
    page = open_page("viewer", "/settings/", color_scheme="light")
    background = "getComputedStyle(document.documentElement).backgroundColor"
    assert page.evaluate(background) == "rgb(250, 250, 250)"
    page.get_by_label("Theme").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate(background) == "rgb(31, 31, 31)"
    page.get_by_label("Theme").select_option("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html:not([data-theme])")).to_be_attached()


def test_actions_stand_in_a_bar_that_appears_with_the_first_selected_row(open_page):
    page = open_page("admin", "/endpoints/")
    change = page.get_by_role("button", name="Change model")
    expect(change).to_be_hidden()
    page.get_by_role("row").nth(2).get_by_role("checkbox").check()
    expect(change).to_be_visible()
    expect(page.get_by_text("1 selected")).to_be_visible()
    page.get_by_role("button", name="Clear selection").click()
    expect(change).to_be_hidden()
    expect(page.locator("#selected")).to_have_text(re.compile("^$"))
