"""The list in a browser: updates by itself, banners when the server does not answer, and selections."""

import re

from playwright.sync_api import expect

NEWS = re.compile(r"/endpoints/\?.*version=")
HIDE = "Object.defineProperty(document, 'hidden', {get: () => window.out === true})"


def test_a_row_changes_by_itself_for_another_person_who_has_the_page_open(deploy, open_page, service):
    service.stop()
    _page, row = deploy("Two people")
    onlooker = open_page("viewer", "/endpoints/?q=Two+people")
    seen = onlooker.get_by_role("row").filter(has_text="Two people")
    expect(seen).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    onlooker.evaluate("document.body.dataset.loaded = 'once'")
    service.go()
    for shown in (row, seen):
        expect(shown).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    assert onlooker.evaluate("document.body.dataset.loaded") == "once"
    expect(onlooker.locator("[data-live]")).to_have_attribute("hx-trigger", re.compile("^every 10s"))


def test_the_selection_and_the_focus_stay_when_a_row_changes(deploy):
    page, row = deploy("Ticked")
    box = row.get_by_role("checkbox")
    box.check()
    expect(page.get_by_text("1 selected")).to_be_visible()
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    expect(box).to_be_checked()
    expect(box).to_be_focused()
    page.get_by_label("Select all on this page").check()
    expect(page.get_by_text(re.compile(r"\d+ selected"))).to_be_visible()


def test_while_the_server_does_not_answer_the_line_of_the_count_says_since_when(deploy, service, complaints):
    service.stop()
    page, row = deploy("No answer")
    expect(row).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    page.route(NEWS, lambda route: route.abort())
    banner = page.get_by_text(re.compile(r"^No connection since \d\d:\d\d$"))
    expect(banner).to_be_visible()
    page.unroute(NEWS)
    service.go()
    expect(banner).to_be_hidden(timeout=30_000)
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    complaints.clear()  # the browser's message for a failed request


def test_order_and_filters_apply_without_a_reload_on_a_slow_network_and_the_last_choice_counts(deploy, complaints):
    page, _row = deploy("Slow network")
    deploy("Quick network")
    page.reload()
    page.evaluate("document.body.dataset.loaded = 'once'")
    slow = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    search = page.get_by_label("Search")
    search.fill("slow network")
    search.fill("quick network")
    expect(page.locator("#count")).to_have_text("1 endpoint")
    expect(page.get_by_role("link", name="Quick network")).to_be_visible()
    page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "ascending")
    expect(page).to_have_url(re.compile("sort=name"))
    page.locator("#filter-status").select_option("Failed")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.locator("#filter-status").select_option("")
    expect(page.get_by_role("link", name="Quick network")).to_be_visible()
    assert "sort=name" in page.url
    complaints[:] = [line for line in complaints if "[object HTML" not in line]  # htmx logs replaced requests


def test_a_favorite_goes_to_the_top_by_the_keyboard_alone(deploy):
    page, _row = deploy("Aardvark line")
    deploy("Zebra line")
    page.goto("/endpoints/?sort=-name")
    star = page.get_by_role("button", name="Favorite: Aardvark line")
    star.focus()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "true")
    pressed = page.locator(".star").evaluate_all("stars => stars.map(star => star.getAttribute('aria-pressed'))")
    assert pressed == sorted(pressed, reverse=True)
    expect(star).to_be_focused()
    page.keyboard.press("Enter")
    expect(star).to_have_attribute("aria-pressed", "false")
