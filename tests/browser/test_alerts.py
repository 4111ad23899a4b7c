"""Alerts in a browser: a person follows an endpoint, the bell tells that it was changed, and they read it."""

import json
import re
import urllib.request

from playwright.sync_api import expect


def change_outside(demo, name, changes):
    """As Azure's own portal does it."""
    key = (demo.var / "simulator-key").read_text().strip()
    headers = {"Ocp-Apim-Subscription-Key": key, "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{demo.simulator_port}/speechtotext/v3.2/endpoints"

    def ask(method, where, body=None):
        request = urllib.request.Request(where, json.dumps(body).encode() if body else None, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    (found,) = [one for one in ask("GET", f"{address}?top=100")["values"] if one["displayName"] == name]
    ask("PATCH", f"{address}/{found['self'].rpartition('/')[2]}", changes)


def test_a_person_follows_an_endpoint_is_told_by_the_bell_and_reads_it(demo, deploy, open_page):
    admin, row = deploy("Rings a bell")
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
    page = open_page("viewer", "/alerts/settings/")
    page.get_by_label("Only what you follow").check()
    page.get_by_role("button", name="Save", exact=True).click()
    bell = page.locator("#bell")
    expect(bell).to_have_text("Alerts")
    page.goto(row.get_by_role("link").first.get_attribute("href"))
    page.get_by_role("button", name="Follow", exact=True).click()
    expect(page.get_by_text("You get alerts about it.")).to_be_visible()

    change_outside(demo, "Rings a bell", {"description": "Changed elsewhere"})
    expect(bell).to_have_text(re.compile(r"Alerts\s*1\s*new"), timeout=120_000)
    bell.click()
    told = page.locator(".alert[data-unread]")
    expect(told).to_have_count(1)
    expect(told).to_contain_text("Rings a bell was changed outside this app.")
    page.get_by_role("button", name="Mark all as read").click()
    expect(told).to_have_count(0)
    expect(bell).to_have_text("Alerts")
    told = page.get_by_role("link", name="Rings a bell was changed outside this app.")
    told.click()
    expect(page.get_by_role("heading", name="Rings a bell")).to_be_visible()
    admin.close()
