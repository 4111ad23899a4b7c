"""Content logs in a browser: search, playback, and download of a range, canceled and paused meanwhile."""

import hashlib
import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

ENTRIES = 'tr[id^="entry-"]'
AUDIO = "document.querySelector('audio')"


@pytest.fixture
def recorded(request, deploy, open_page):
    """The page of content logs of a new endpoint, for a listener."""
    page, row = deploy(request.node.originalname, logging=True)
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    address = row.get_by_role("link").first.get_attribute("href")
    page = open_page("listener", f"{address}logs/", timezone_id="UTC")
    expect(page.locator(ENTRIES)).to_have_count(3, timeout=30_000)
    expect(page.get_by_text("All logs in Azure are listed.")).to_be_visible(timeout=30_000)
    return page


def plays(page):
    """How many entries of this endpoint the page shows."""
    history = page.request.get(f"{page.url.partition('logs/')[0]}history/").text()
    return history.count("> listened to the recording ")


def test_an_entry_is_found_by_a_word_and_heard_from_any_word(recorded):
    page = recorded
    text = page.locator(f"{ENTRIES} .clamp").first.inner_text()
    word = max(re.findall(r"\w+", text), key=len)
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially(word)
    expect(page.locator("mark").first).to_have_text(re.compile(word, re.IGNORECASE))
    expect(page).to_have_url(re.compile(f"q={word}"))
    expect(search).to_be_focused()
    expect(page.locator("#count")).to_have_text(re.compile(r"\d entr"))
    page.locator(f"{ENTRIES} a").first.click()

    # The recording is fetched only when it is played; then playback can begin at any word.
    words = page.locator("#words a")
    expect(words.nth(2)).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(f"{AUDIO}.readyState") == 0
    assert plays(page) == 0
    words.nth(2).click()
    begin = float(words.nth(2).get_attribute("data-start"))
    page.wait_for_function(f"() => {AUDIO}.currentTime >= {begin} && {AUDIO}.seekable.length > 0")
    assert page.evaluate(f"{AUDIO}.duration") > begin
    assert plays(page) == 1
    expect(page.locator("#words .said")).to_have_count(1)
    assert page.evaluate(f"{AUDIO}.error") is None
    page.evaluate(f"{AUDIO}.pause()")
    words.nth(2).press("ArrowRight")
    expect(words.nth(3)).to_be_focused()


def test_a_range_is_downloaded_completely_after_it_was_canceled_and_paused(recorded, service):
    page = recorded
    page.locator("#filter-from").fill("2020-01-01")
    day = page.locator(f"{ENTRIES} time").nth(1).get_attribute("datetime")[:10]
    page.locator("#filter-to").fill(day)
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("button", name="Download selected").click()
    expect(page.get_by_text("Nothing selected.")).to_be_visible()
    expect(page.locator(".chip")).to_have_count(2)
    count = page.locator(ENTRIES).count()
    service.fail({"method": "GET", "path": r"\.wav", "times": 100, "effect": {"drip": 2000}})

    def ask():
        page.get_by_label("All that match").check()
        expect(page.locator("#selected")).to_be_empty()
        page.get_by_role("button", name="Download selected").click()
        page.get_by_role("button", name="Download log").click()
        return page.locator("article.download").first

    address = page.url
    card = ask()
    card.get_by_role("button", name="Cancel").click()
    expect(card).to_have_attribute("data-state", "canceled")
    page.goto(address)
    card = ask()
    card.get_by_role("button", name="Pause").click()
    expect(card).to_have_attribute("data-state", "paused")
    service.fail()
    card.get_by_role("button", name="Resume").click()
    expect(card).to_have_attribute("data-state", "ready", timeout=60_000)
    with page.expect_download() as downloading:
        card.get_by_role("link", name="Download", exact=True).click()
    archive = zipfile.ZipFile(io.BytesIO(downloading.value.path().read_bytes()))
    assert archive.testzip() is None
    files = json.loads(archive.read("manifest.json"))["files"]
    assert len(files) == 2 * count
    for file in files:
        data = archive.read(file["name"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["size"], file["sha256"])
