"""The browser's time zone is known before the first page after the sign-in."""

from playwright.sync_api import expect

EXACT = "time => getComputedStyle(time, '::after').content"


def test_times_are_in_the_browsers_zone_and_exact_where_the_keyboards_focus_is(deploy):
    page, row = deploy("In Tokyo", timezone_id="Asia/Tokyo")
    time = row.locator("time[data-exact]").first
    assert time.get_attribute("datetime").endswith("+0900")
    assert time.evaluate(EXACT) == "none"
    page.get_by_role("link", name="Last change").focus()
    for _stop in range(10):
        page.keyboard.press("Tab")
        if row.locator(":focus").count():
            break
    expect(row.locator(":focus")).to_have_count(1)
    assert time.evaluate(EXACT).strip('"') == time.get_attribute("data-exact")
