"""How much of the page of models a screen shows: rows as high as those of the list of endpoints."""

import pytest
from playwright.sync_api import expect

HEIGHTS = """() => [...document.querySelectorAll('.table-models tbody tr')]
  .map(row => row.getBoundingClientRect().height)"""
# What is wider than its cell; names of models and endpoints may be cut, dates and badges may not.
CUT = """() => [...document.querySelectorAll('.table-models :is(th > a, time, time span, .badge, .status, .more)')]
  .filter(one => one.offsetParent && [one, one.parentElement, one.closest('th, td')]
    .some(box => box.clientWidth && box.scrollWidth > box.clientWidth)).map(one => one.textContent.trim())"""
TARGETS = """() => [...document.querySelectorAll('.table-models tbody :is(a, summary)')]
  .map(one => one.getBoundingClientRect()).map(box => Math.min(box.width, box.height))"""


@pytest.fixture(scope="module")
def demo(forty_endpoints):
    return forty_endpoints


@pytest.fixture(scope="module")
def sessions(sessions_of_forty):
    return sessions_of_forty


@pytest.fixture
def models(open_page, sessions):
    def models(width, **options):
        if "viewer" not in sessions:
            open_page("viewer")  # signs in, in English
        page = open_page("viewer", "/models/", viewport={"width": width, "height": 900}, **options)
        expect(page.locator(".deployed .more").first).to_be_visible()
        return page

    return models


@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
@pytest.mark.parametrize("width", [1680, 1440, 1280])
def test_rows_of_models_are_as_high_as_those_of_endpoints(models, width, locale):
    page = models(width, locale=locale)
    assert set(page.evaluate(HEIGHTS)) == {44}
    assert page.evaluate(CUT) == []
    assert min(page.evaluate(TARGETS)) >= 24
    page.locator("html").evaluate("page => page.classList.add('compact')")
    assert set(page.evaluate(HEIGHTS)) == {36}
    assert min(page.evaluate(TARGETS)) >= 24


@pytest.mark.parametrize("width", [320, 390, 1024, 1200, 1280, 1440])
def test_nothing_of_models_scrolls_sideways(models, width):
    page = models(width)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.locator(".addresses summary").first.click()
    expect(page.locator(".addresses code").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
