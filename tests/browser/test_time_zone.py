"""The browser's time zone is known before the first page after the sign-in."""

from playwright.sync_api import expect


def test_times_are_in_the_browsers_zone_and_exact_where_the_keyboards_focus_is(deploy):
    page, row = deploy("In Tokyo", timezone_id="Asia/Tokyo")
    time = row.locator("time[data-exact]").first
    assert time.get_attribute("datetime").endswith("+0900")
    exact = time.get_attribute("title")
    assert ":" in exact
    expect(page.get_by_role("tooltip")).to_be_hidden()
    page.get_by_role("link", name="Last change").focus()
    for _stop in range(10):
        page.keyboard.press("Tab")
        if row.locator("a:focus").count():
            break
    expect(row.locator("a:focus")).to_have_count(1)
    expect(page.get_by_role("tooltip")).to_contain_text(exact)
