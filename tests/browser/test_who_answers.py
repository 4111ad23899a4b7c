"""Who answers, in a browser: a probe from an uploaded recording, and a service that answers in each way that it can."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import fill_wizard
from tests.browser.test_accessibility import WIDE, barriers
from tests.demo import until
from tests.pages.test_who_answers import sound

PATIENCE = 60_000  # milliseconds, for a worker
ID = re.compile("[0-9a-f-]{36}")
TAKEN = """
SELECT lease FROM endpoints_probe WHERE endpoint_id = :id AND lease IS NOT NULL UNION ALL
SELECT lease FROM endpoints_resource
    WHERE id = (SELECT resource_id FROM endpoints_endpoint WHERE id = :id) AND lease IS NOT NULL
"""
EARLIER = """
UPDATE endpoints_sentrecording SET sent_at = strftime('%Y-%m-%d %H:%M:%f', sent_at, '-65 minutes')
    WHERE endpoint_id = :id;
UPDATE endpoints_probe SET due_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE endpoint_id = :id;
UPDATE endpoints_resource SET cataloged_at = strftime('%Y-%m-%d %H:%M:%f', cataloged_at, '-65 minutes'),
    due_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
    WHERE id = (SELECT resource_id FROM endpoints_endpoint WHERE id = :id)
"""
ASKED_EARLIER = "UPDATE endpoints_probe SET ran_at = datetime(ran_at, '-65 minutes') WHERE endpoint_id = :id"


def deploy_custom(page, name, *, logging=False):
    page.get_by_role("link", name="Deploy model", exact=True).click()
    fill_wizard(page, name, logging=logging)
    page.get_by_role("button", name="Back", exact=True).click()
    page.get_by_role("button", name="Back", exact=True).click()
    custom = page.get_by_role("row").filter(has=page.get_by_role("cell", name="Custom model"))
    custom.get_by_role("radio", disabled=False).first.check()
    for _step in range(2):
        page.get_by_role("button", name="Next").click()
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
    row.get_by_role("link").first.click()


def try_recording(page, seconds):
    page.get_by_role("link", name="Set up a probe").click()
    page.get_by_label("Recording", exact=True).set_input_files(
        {"name": "order.wav", "mimeType": "audio/wav", "buffer": sound(seconds)}
    )
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Different: this recording can tell.")).to_be_visible(timeout=PATIENCE)


def test_a_probe_tells_when_the_base_model_answers_in_the_place_of_the_custom_model(open_page, service):
    page = open_page("admin", viewport=WIDE)
    deploy_custom(page, "Tells who answers")
    try_recording(page, 3)
    wrong = list(barriers(page))
    page.get_by_label("Check").select_option("24")
    expect(page.get_by_text("2 × 3.0 s every 24 hours, about 3 minutes of audio a month.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    answers = page.get_by_role("region", name="Who answers")
    expect(answers).to_contain_text("The custom model answers.")

    remote = page.locator("#endpoint-id").inner_text()
    service.post("serves_base", {"endpoint": remote, "on": True})
    answers.get_by_role("button", name="Check now").click()
    # The open page learns it by its polls.
    expect(answers).to_contain_text("The base model answers.", timeout=PATIENCE)
    expect(answers.get_by_role("link", name="Change the model to mend it")).to_be_visible()
    wrong += barriers(page)
    page.goto("/endpoints/?who=base&q=Tells+who+answers")
    expect(page.get_by_role("row").filter(has_text="Tells who answers")).to_contain_text("The base model answers")
    wrong += barriers(page)
    assert wrong == [], "\n".join(wrong)
    page.go_back()
    answers.get_by_role("button", name="Remove", exact=True).click()
    expect(answers.get_by_role("link", name="Set up a probe")).to_be_visible()


def hour_passes(demo, endpoint, *changes):
    """As if a recording had been sent to the endpoint, and the models of its Speech resource read, an hour earlier.

    It waits until no worker has these rows, because one that ends then would write what it has read before.
    """
    of_endpoint = {"id": endpoint.replace("-", "")}
    with closing(sqlite3.connect(demo.var / "db.sqlite3", isolation_level=None, timeout=20)) as database:

        def passed():
            database.execute("BEGIN IMMEDIATE")
            free = database.execute(TAKEN, of_endpoint).fetchone() is None
            for change in [*EARLIER.split(";"), *changes] if free else ():
                database.execute(change, of_endpoint)
            database.execute("COMMIT")
            return free

        until(passed)


class Simulated:
    """Changes who answers for an endpoint, or what it logs, until `back`."""

    def __init__(self, service):
        self.service, self.undo = service, []

    def __call__(self, what, endpoint, **body):
        answer = self.service.post(what, {"endpoint": endpoint, **body})
        before = {"at": answer["before"]} if "at" in body else {"on": False}
        self.undo.append((what, {"endpoint": endpoint, **before}))

    def back_to(self, count):
        while len(self.undo) > count:
            self.service.post(*self.undo.pop())

    def back(self):
        self.back_to(0)


@pytest.fixture
def simulated(service):
    simulated = Simulated(service)
    yield simulated
    simulated.back()


def test_a_probe_tells_what_the_base_model_has_learned_what_is_not_logged_and_that_a_model_has_expired(
    open_page, demo, service, simulated
):
    name = "Tells what it can"
    page = open_page("admin", viewport=WIDE)
    deploy_custom(page, name, logging=True)
    endpoint, remote = ID.search(page.url)[0], page.locator("#endpoint-id").inner_text()
    # From the beginning and with no others, because another entry of that time could be taken for that of the probe.
    simulated("logs_nothing", remote)
    for file in service.logs(remote):
        service.call("DELETE", f"/endpoints/{remote}/files/logs/{file['self'].rpartition('/')[2]}")
    assert service.logs(remote) == []
    try_recording(page, 6)
    page.get_by_role("button", name="Save", exact=True).click()
    answers = page.get_by_role("region", name="Who answers")
    expect(answers).to_contain_text("The custom model answers.")
    follower = open_page("listener", "/alerts/settings/")
    follower.get_by_label("Only what you follow").check()
    follower.get_by_role("button", name="Save", exact=True).click()
    follower.goto(urlsplit(page.url).path)
    follower.get_by_role("button", name="Follow", exact=True).click()
    expect(follower.get_by_text("You get alerts about it.")).to_be_visible()

    def check_now():
        with page.expect_navigation():
            answers.get_by_role("button", name="Check now").click()
        expect(answers.get_by_text("Checking now")).to_be_hidden(timeout=PATIENCE)

    simulated("learn", remote)
    check_now()
    expect(answers).to_contain_text("This recording can't tell.")
    wrong = list(barriers(page))
    simulated.back_to(1)
    check_now()
    expect(answers).to_contain_text("The custom model answers.")
    hour_passes(demo, endpoint)
    expect(answers).to_contain_text("Not seen in this endpoint's logs.", timeout=PATIENCE)
    answers.get_by_text("Last checks").click()
    wrong += barriers(page)

    # Nobody presses anything: the expiration of a model is a reason to ask.
    simulated("expiration", remote, at=(datetime.now(UTC) - timedelta(minutes=30)).isoformat())
    hour_passes(demo, endpoint, ASKED_EARLIER)
    expect(answers.locator(".verdict-base")).to_contain_text("The base model answers.", timeout=PATIENCE)
    expect(answers).to_contain_text("The custom model has expired", timeout=PATIENCE)
    expect(follower.locator("#bell")).to_have_text(re.compile(r"Alerts\s*\d\s*new"), timeout=120_000)
    told = follower.locator(".alert[data-unread]", has_text=f"The base model answers for {name}, not its custom model.")

    def alerts():
        follower.goto("/alerts/")
        return told.count()

    until(alerts, seconds=120, every=2)
    check_now()
    expect(answers).to_contain_text("2 checks in a row")
    assert alerts() == 1

    simulated.back()
    check_now()
    expect(answers).to_contain_text("Not seen in this endpoint's logs.")  # what was known before
    answers.get_by_role("button", name="Remove", exact=True).click()
    expect(answers.get_by_role("link", name="Set up a probe")).to_be_visible()
    hour_passes(demo, endpoint)  # the product learns that the model has not expired
    assert wrong == [], "\n".join(wrong)
