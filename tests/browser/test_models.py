"""The page of models in a real browser: by keyboard, without script, on a phone."""

import re

from playwright.sync_api import expect


def test_the_picture_is_walked_by_keyboard_and_filters_apply_without_a_reload(open_page):
    page = open_page("viewer", "/models/", viewport={"width": 1280, "height": 900})
    mark = page.locator("svg.year a").first
    page.get_by_label("Deployed only").focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    expect(mark).to_have_accessible_name(re.compile("Expired .* ago|models?, .* deployed"))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/models/\?(q|expiring)="))

    page.goto("/models/")
    page.evaluate("document.body.dataset.loaded = 'once'")
    page.get_by_label("Search").press_sequentially("nothing like it")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_label("Search")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="0 models")).to_be_visible()
    page.get_by_label("Search").fill("")
    page.get_by_label("Kind").select_option("base")
    expect(page).to_have_url(re.compile("kind=base"))
    expect(page.locator("tbody tr").first).to_be_visible()
    assert page.evaluate("document.body.dataset.loaded") == "once"


def test_the_id_and_the_address_of_a_model_can_be_copied(open_page):
    page = open_page("viewer", "/models/?kind=base", permissions=["clipboard-read", "clipboard-write"])
    copied = "navigator.clipboard.readText()"
    row = page.locator("tbody tr").first
    row.locator(".addresses summary").click()
    row.get_by_role("button", name="Copy Model ID").click()
    expect(row.get_by_text("Copied")).to_be_visible()
    model_id = page.evaluate(copied)
    assert row.locator("code").first.inner_text() == model_id
    row.get_by_role("button", name="Copy API address").click()
    expect(row.get_by_text("Copied")).to_have_count(2)
    assert page.evaluate(copied).endswith(f"/speechtotext/v3.2/models/base/{model_id}")


def test_on_a_phone_without_script_the_waves_are_a_list_and_the_calendar_can_be_had(open_page):
    page = open_page("viewer", "/models/", java_script_enabled=False, viewport={"width": 320, "height": 640})
    expect(page.locator("svg.year")).to_be_hidden()
    page.locator(".year-list a").first.click()
    expect(page.get_by_label("Expiring")).to_have_value("expired")
    page.get_by_label("Locale").select_option(index=1)
    page.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile("locale=.+"))
    page.get_by_text("Subscribe").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download", exact=True).click()
    assert download.value.path().read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
