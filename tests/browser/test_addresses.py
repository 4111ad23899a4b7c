"""Addresses in a browser: a person adds one, moves it to another endpoint, shares it, and takes both back."""

import json
import re
from urllib.request import urlopen

from playwright.sync_api import expect

from tests.demo import until
from tests.samples.sdks import recording, run

FIRST, SECOND = "Stays for callers", "Comes for callers"
PATIENCE = 120_000  # milliseconds, for a deployment


def choose(page, name):
    page.locator("#endpoint-rows").get_by_label(name, exact=True).check()


def test_a_person_adds_an_address_moves_it_and_takes_it_back(deploy):
    for name in (FIRST, SECOND):
        page, row = deploy(name)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=PATIENCE)
    page.goto("/addresses/")
    page.get_by_role("link", name="Add address").first.click()
    page.get_by_label("Name", exact=True).fill("of-a-browser")
    choose(page, FIRST)
    page.get_by_role("button", name="Add address").click()
    leads = page.get_by_role("region", name="Leads to")
    expect(leads).to_contain_text(FIRST)
    expect(page.locator("#way-web-socket")).to_contain_text("/speech/of-a-browser")

    page.get_by_role("link", name="Send a share to a second endpoint").click()
    choose(page, SECOND)
    page.get_by_label("Percent of new sessions").fill("20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("20% of new sessions go to:")).to_be_visible()
    page.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("All new sessions go to one endpoint.")).to_be_visible()

    page.get_by_role("link", name="Move to another endpoint").click()
    choose(page, SECOND)
    expect(page.get_by_role("region", name="New endpoint")).to_contain_text(SECOND)
    page.locator("#id_reason").fill("A better model")
    page.get_by_role("button", name="Move address").click()
    expect(leads).to_contain_text(SECOND)
    page.get_by_role("button", name=f"Go back to {FIRST}").click()
    expect(leads).to_contain_text(f"Go back to {SECOND}")

    page.goto("/addresses/of-a-browser/delete/")
    page.get_by_label("Name of the address").fill("of-a-browser")
    page.get_by_role("button", name="Delete address").click()
    expect(page.get_by_text("The address of-a-browser is deleted.")).to_be_visible()


def test_the_sample_code_by_address_recognizes_with_the_endpoint_that_a_person_has_moved_it_to(deploy, demo, tmp_path):
    for name, model in (("Hears first", 0), ("Hears second", 1)):
        page, row = deploy(name, model=model)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=PATIENCE)
    page.goto("/addresses/new/")
    page.get_by_label("Name", exact=True).fill("of-a-program")
    choose(page, "Hears first")
    page.get_by_role("button", name="Add address").click()
    page.get_by_role("region", name="Leads to").get_by_role("link", name="Hears first").click()
    page.get_by_role("link", name="Sample code").click()
    page.get_by_role("link", name="Python").click()
    code = page.locator("#code-by-address").text_content()
    assert "/speech/of-a-program" in code
    with urlopen(f"http://127.0.0.1:{demo.simulator_port}/_world/keys", timeout=10) as answer:
        key = json.load(answer)["keys"][0]
    audio = recording(tmp_path / "recording.wav")

    def heard():
        done = run("python", code, audio, SPEECH_KEY=key)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    first = heard()
    assert re.search(r"\w", first)
    page.goto("/addresses/of-a-program/move/")
    choose(page, "Hears second")
    page.get_by_role("button", name="Move address").click()
    expect(page.get_by_role("region", name="Leads to")).to_contain_text("Hears second")
    until(lambda: heard() != first)  # the processes of the web server agree within two seconds
    page.goto("/addresses/of-a-program/delete/")
    page.get_by_label("Name of the address").fill("of-a-program")
    page.get_by_role("button", name="Delete address").click()
    expect(page.get_by_text("The address of-a-program is deleted.")).to_be_visible()
