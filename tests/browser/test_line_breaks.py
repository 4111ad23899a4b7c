"""Dates and breadcrumbs stand on one line; only the time of day may follow its date on a second one."""

import pytest
from playwright.sync_api import expect

PAGES = ("/endpoints/", "/models/", "/logs/", "/activity/", "/resources/", "/downloads/")
BROKEN = """() => [...document.querySelectorAll('main time')]
  .map(time => time.querySelector('span') ?? time)
  .filter(date => date?.checkVisibility() && new Set([...date.getClientRects()].map(line => line.top)).size > 1)
  .map(date => date.textContent)"""


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize("width", [320, 390, 1024, 1280, 1440])
def test_no_date_is_broken_between_its_words(serving, open_page, width, locale):
    page = open_page("admin", "/", viewport={"width": width, "height": 800}, locale=locale)
    for address in [*PAGES, *(f"{serving}{tab}" for tab in ("", "history/", "logs/", "change-model/"))]:
        page.goto(address)
        assert page.evaluate(BROKEN) == [], address
        assert page.evaluate("document.scrollingElement.scrollWidth") <= width, address


def test_all_parts_of_a_breadcrumb_have_one_height(serving, open_page):
    page = open_page("admin", f"{serving}change-model/", viewport={"width": 1280, "height": 800})
    page.evaluate("document.querySelector('.breadcrumb bdi').textContent = 'Hotline'")  # on one line
    middles = page.evaluate(
        "() => [...document.querySelectorAll('.breadcrumb li')].map(part => [...part.childNodes].at(-1))"
        ".map(text => { const range = document.createRange(); range.selectNodeContents(text);"
        " const {top, bottom} = range.getBoundingClientRect(); return (top + bottom) / 2; })"
    )
    assert len(middles) == 4
    assert max(middles) - min(middles) <= 1


def test_the_long_german_title_of_the_shortcuts_is_not_cut_in_two(open_page):
    open_page("admin")  # signs in, in English
    page = open_page("admin", "/endpoints/", viewport={"width": 320, "height": 640}, locale="de-DE")
    page.keyboard.press("?")
    title = page.locator("#shortcuts h2")
    expect(title).to_have_text("Tastenkombinationen")
    expect(title).to_be_visible()
    height, line = title.evaluate("title => [title.offsetHeight, parseFloat(getComputedStyle(title).lineHeight)]")
    assert height == line
    assert page.locator("#shortcuts").evaluate("dialog => dialog.scrollWidth <= dialog.clientWidth")
