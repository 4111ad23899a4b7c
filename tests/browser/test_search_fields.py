"""What is found by a search field can be clicked at once, without losing the click to a newer answer."""

import re

from playwright.sync_api import expect

LINK = "main tbody th a[href]"


def test_leaving_a_search_field_does_not_replace_the_row_under_a_click(serving, open_page):
    page = open_page("listener", "/endpoints/")
    link = page.locator(LINK).first
    expect(link).to_be_visible()
    word = link.inner_text().split()[0]
    page.get_by_role("searchbox", name="Search").press_sequentially(word)
    expect(page).to_have_url(re.compile(re.escape(f"q={word}")))
    expect(link).to_contain_text(word)
    page.wait_for_load_state("networkidle")
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "version=" not in request.url else None)
    link.hover()
    page.mouse.down()
    page.wait_for_load_state("networkidle")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert asked == []
    before = page.url
    page.mouse.up()
    expect(page).not_to_have_url(before)
