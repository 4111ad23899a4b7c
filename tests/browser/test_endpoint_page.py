"""The endpoint's page in a browser: copying, and what is shown without JavaScript."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.samples.sdks import recording, run

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_facts_and_code_are_copied_and_the_buttons_are_not_there_without_a_script(deploy, open_page):
    page, row = deploy("Copied from", permissions=["clipboard-read", "clipboard-write"])
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    row.get_by_role("link").first.click()
    copied = "navigator.clipboard.readText()"
    button = page.get_by_role("button", name="Copy Endpoint ID", exact=True)
    button.click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    expect(page.get_by_role("button", name="Copied Endpoint ID")).to_be_visible()
    assert UUID.fullmatch(page.evaluate(copied))
    expect(button).to_be_visible()
    expect(button).to_be_focused()
    page.get_by_role("link", name="Sample code", exact=True).click()
    page.get_by_role("link", name="curl", exact=True).click()
    expect(page.get_by_role("region", name="Sample code (curl)")).to_be_visible()
    page.get_by_role("button", name="Copy Sample code").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate(copied) == page.get_by_role("region", name="Sample code (curl)").inner_text()
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("button", name="Show endpoint key").click()
    page.get_by_role("button", name="Copy Endpoint key").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert page.evaluate(copied) == page.locator("#endpoint-key").inner_text()

    # Without a clipboard API the text is selected and copied, and stays selected.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.get_by_role("button", name="Copy Service region").click()
    expect(page.get_by_role("button", name="Copied Service region")).to_be_visible()
    assert page.evaluate("getSelection().toString()") == page.locator("#region").inner_text()

    plain = open_page("viewer", java_script_enabled=False)
    plain.goto(page.url.replace("key/", ""))
    expect(plain.get_by_role("heading", name="Copied from")).to_be_visible()
    expect(plain.get_by_role("button", name=re.compile("Copy"))).to_have_count(0)
    expect(plain.get_by_role("button", name=re.compile("Show"))).to_have_count(0)
    expect(plain.get_by_role("link", name=re.compile("Clone|Turn content logging"))).to_have_count(0)


@pytest.mark.parametrize("language", ["Python", "JavaScript", "curl"])
def test_what_is_copied_in_the_demo_recognizes_a_recording(deploy, tmp_path, language):
    page, row = deploy(f"Run in {language}", permissions=["clipboard-read", "clipboard-write"])
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    row.get_by_role("link").first.click()
    page.get_by_role("link", name="Sample code", exact=True).click()
    page.get_by_role("link", name=language, exact=True).click()
    expect(page.get_by_role("region", name=f"Sample code ({language})")).to_be_visible()
    page.get_by_role("button", name="Copy Sample code").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    code = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("link", name="Overview", exact=True).click()
    page.get_by_role("button", name="Show endpoint key").click()
    page.get_by_role("button", name="Copy Endpoint key").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    key = page.evaluate("navigator.clipboard.readText()")
    done = run(language.lower(), code, recording(tmp_path / "recording.wav"), SPEECH_KEY=key)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\w+ \w+", done.stdout)


def test_a_settled_page_shows_what_others_change_but_not_over_what_is_typed(deploy, open_page):
    page, row = deploy("Watched by two")
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    page.get_by_role("link", name="Watched by two", exact=True).click()
    onlooker, typing = (open_page("viewer", urlsplit(page.url).path + "history/") for _person in range(2))
    onlooker.evaluate("document.body.dataset.loaded = 'once'")
    typing.evaluate("document.getElementById('deployment').append(document.createElement('textarea'))")
    typing.locator("#deployment textarea").fill("Half a sentence")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Name").fill("Renamed by one")
    page.get_by_role("button", name="Save").click()
    expect(onlooker.get_by_role("heading", level=1)).to_have_text("Renamed by one", timeout=25_000)
    expect(onlooker.locator("#history-rows")).to_contain_text("Edit")
    expect(onlooker.locator("#history-rows .what").first).to_have_css("text-wrap-mode", "wrap")
    assert onlooker.evaluate("document.body.dataset.loaded") == "once"
    expect(typing.locator("#deployment textarea")).to_have_value("Half a sentence")
    typing.locator("#deployment textarea").fill("")
    typing.get_by_role("heading", level=1).click()
    expect(typing.get_by_role("heading", level=1)).to_have_text("Renamed by one", timeout=25_000)
