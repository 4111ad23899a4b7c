"""Try it and recognition quality in each state: axe finds no violation, and what changes is announced."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

from playwright.sync_api import expect

from tests.browser.test_accessibility import WIDE, barriers
from tests.pages.test_who_answers import sound

BUSY = {"status": 429, "headers": {"Retry-After": "15"}}
OTHER_FILES = {"speech.mp3": b"ID3" + bytes(3000), "silence.wav": sound(2, loud=0)}
DENIED = """() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""
SUMS = {f"{what}_{how}": 0 for what in ("confidence", "pace", "seconds") for how in ("count", "sum", "squares")}


def test_trying_an_endpoint_passes_axe_in_each_state(open_page, serving, deploy, service):
    page = open_page("admin", f"{serving}try-it/", viewport=WIDE)
    wrong = [f"{state}: {what}" for state in states_of_trying(page, service) for what in barriers(page)]
    service.stop()
    other, row = deploy("Not ready yet", viewport=WIDE)
    other.goto(f"{row.get_by_role('link').first.get_attribute('href')}try-it/")
    expect(other.get_by_text("This endpoint isn't serving yet.")).to_be_visible()
    wrong += [f"not ready: {what}" for what in barriers(other)]
    other.goto(serving)
    assert wrong == [], "\n".join(wrong)


def states_of_trying(page, service):
    yield "before"
    page.get_by_role("button", name="Try this recording").click()
    expect(page.get_by_role("alert")).to_be_focused()
    yield "without a file"
    for name, content in OTHER_FILES.items():
        choose(page, name, content)
        page.get_by_role("button", name="Try this recording").click()
        expect(page.get_by_role("alert")).to_be_focused()
        yield name
    speak = page.locator("[data-record]")
    page.evaluate(DENIED)
    speak.click()
    expect(page.locator("#speak-said")).to_contain_text("doesn't let this page use the microphone")
    yield "no permission"
    page.reload()
    speak.press("Enter")
    expect(page.locator("#speak-said")).to_have_text("Recording. It stops after 60 seconds.")
    expect(page.get_by_text("0:01")).to_be_visible()
    expect(speak).to_be_focused()
    yield "recording"
    service.fail({"path": "/(speech|stt)/", "times": None, "effect": BUSY})
    speak.press("Enter")
    announced = page.locator("#trial [role=status]")
    expect(announced).to_contain_text("We'll try again automatically.", timeout=30_000)
    yield "being recognized"
    another = page.get_by_role("link", name="Try another recording")
    another.focus()
    service.fail()
    expect(announced).to_contain_text(re.compile("heard (differs|each time)"), timeout=60_000)
    expect(another).to_be_focused()
    expect(page.get_by_role("region", name="The base model")).to_be_visible()
    yield "answered"


def choose(page, name, content):
    file = {"name": name, "mimeType": "audio/wav", "buffer": content}
    page.get_by_label("Recording", exact=True).set_input_files(file)


def test_a_file_that_is_too_large_is_not_sent_and_the_field_says_so(open_page, serving):
    page = open_page("admin", f"{serving}try-it/")
    choose(page, "long.wav", bytes(4_000_000))
    page.get_by_role("button", name="Try this recording").click()
    field = page.get_by_label("Recording", exact=True)
    expect(field).to_be_focused()
    assert "60 seconds" in field.evaluate("field => field.validationMessage")
    choose(page, "speech.wav", sound(2))
    page.get_by_role("button", name="Try this recording").click()
    expect(page.get_by_role("heading", name="What was heard", level=1)).to_be_visible()


def test_recognition_quality_passes_axe_in_each_state_and_leads_to_go_back(demo, deploy):
    page, row = deploy("Heard less well", viewport=WIDE)
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
    endpoint = row.get_by_role("link").first.get_attribute("href")
    page.goto(f"{endpoint}change-model/")
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("No open change")).to_be_visible(timeout=60_000)
    wrong = []
    for state, verdict, silent in (("no verdict", "too-few", 0), ("no speech", "same", 5), ("worse", "worse", 0)):
        judge(demo, UUID(endpoint.strip("/").rpartition("/")[2]).hex, verdict, silent)
        page.goto(endpoint)
        page.goto(f"{endpoint}#quality")
        page.get_by_text("Before and since each change").click()
        page.get_by_text("By week").click()
        wrong += [f"quality, {state}: {what}" for what in barriers(page)]
        back = page.get_by_role("region", name="Recognition quality").get_by_role("button", name="Go back")
        expect(back).to_have_count(1 if verdict == "worse" else 0)
    assert wrong == [], "\n".join(wrong)
    page.get_by_label("Reason").fill("Callers are misunderstood")
    back.press("Enter")
    expect(page.get_by_text("The endpoint is being redeployed with its previous model.")).to_be_visible()


def judge(demo, endpoint, verdict, silent):
    """As if a worker had judged the last change of the endpoint's model, and wouldn't look again."""
    today = datetime.now(UTC)
    with closing(sqlite3.connect(demo.var / "db.sqlite3", timeout=60)) as database, database:
        done = "SELECT closed_at FROM endpoints_change WHERE endpoint_id = ? AND state = 'done' ORDER BY closed_at"
        before, since = (at for (at,) in database.execute(done, [endpoint]))
        for table in ("quality", "qualityday"):
            database.execute(f"DELETE FROM endpoints_{table} WHERE endpoint_id = ?", [endpoint])  # noqa: S608 (our names)
        for number in range(28):
            facts = {"day": f"{today - timedelta(days=number):%Y-%m-%d}", "since": before if number else since}
            counts = {"entries": 60, "without_result": 3 if number else 30}
            insert(database, "qualityday", {"endpoint_id": endpoint, **SUMS, **facts, **counts})
        facts = {"verdict": verdict, "since": since, "silent_days": silent, "entries_since": 60}
        insert(database, "quality", {"endpoint_id": endpoint, "updated_at": "2999-01-01 00:00:00", **facts})


def insert(database, table, row):
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO endpoints_{table} ({names}) VALUES ({marks})", list(row.values()))  # noqa: S608 (our names)
