"""Addresses in a browser: a person adds one, moves it to another endpoint, shares it, and takes both back."""

import contextlib
import json
import re
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.command_line.conftest import Web
from tests.demo import until
from tests.node import packages
from tests.processes import certificates
from tests.samples import sdks
from tests.samples.https import in_front_of
from tests.samples.sdks import recording

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
    page.go_back()  # its list has other endpoints by now, of which none may be chosen by its place
    expect(page.locator("#endpoint-rows").get_by_label(FIRST, exact=True)).not_to_be_checked()
    page.go_forward()
    page.get_by_role("button", name=f"Go back to {FIRST}").click()
    expect(leads).to_contain_text(f"Go back to {SECOND}")

    page.goto("/addresses/of-a-browser/delete/")
    page.get_by_label("Name of the address").fill("of-a-browser")
    page.get_by_role("button", name="Delete address").click()
    expect(page.get_by_text("The address of-a-browser is deleted.")).to_be_visible()


@contextlib.contextmanager
def site_of(language, demo, directory):
    """Where people read the sample code that the SDK can use, and what its process needs besides the key.

    The SDK for JavaScript asks only https://localhost/: another web server of the demo says that it is reached there.
    """
    if language != "JavaScript":
        yield demo.url, {}
        return
    packages(sdks.HERE)
    web, tls = Web(demo, directory / "web.log"), certificates.made_in(directory)
    web.env["SITE_URL"] = "https://localhost"
    with in_front_of(web.url, tls):
        web.start()
        try:
            yield web.url, {"NODE_EXTRA_CA_CERTS": str(tls.authority)}
        finally:
            web.stop()


@pytest.fixture
def ends(open_page, deploy):
    """A page, while two endpoints serve whose models hear differently."""
    for name, model in (("Hears first", 0), ("Hears second", 1)):
        page = open_page("admin", f"/endpoints/?q={name.replace(' ', '+')}")
        row = page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))
        if not row.count():
            page, row = deploy(name, model=model)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=PATIENCE)
    return page


@pytest.mark.parametrize("language", ["Python", "JavaScript"])
def test_the_sample_code_by_address_recognizes_with_the_endpoint_that_a_person_has_moved_it_to(
    ends, demo, tmp_path, language
):
    page, name = ends, f"of-{language.lower()}"
    with site_of(language, demo, tmp_path) as (site, needs):
        page.goto("/addresses/new/")
        page.get_by_label("Name", exact=True).fill(name)
        choose(page, "Hears first")
        page.get_by_role("button", name="Add address").click()
        expect(page.get_by_role("region", name="Leads to")).to_contain_text("Hears first")
        code = code_of(language, page, site, name)
        assert name in code
        with urlopen(f"http://127.0.0.1:{demo.simulator_port}/_world/keys", timeout=10) as answer:
            key = json.load(answer)["keys"][0]
        audio = recording(tmp_path / "recording.wav")

        def heard():
            done = sdks.run(language.lower(), code, audio, SPEECH_KEY=key, **needs)
            assert (done.returncode, done.stderr) == (0, "")
            return done.stdout

        first = heard()
        assert re.search(r"\w", first)
        page.goto(f"/addresses/{name}/move/")
        choose(page, "Hears second")
        page.get_by_role("button", name="Move address").click()
        expect(page.get_by_role("region", name="Leads to")).to_contain_text("Hears second")
        until(lambda: heard() != first)  # the processes of the web server agree within two seconds
    page.goto(f"/addresses/{name}/delete/")
    page.get_by_label("Name of the address").fill(name)
    page.get_by_role("button", name="Delete address").click()
    expect(page.get_by_text(f"The address {name} is deleted.")).to_be_visible()


def code_of(language, page, site, name):
    """As the copy button copies it, from the page of the endpoint that the address leads to."""
    page.goto(f"/addresses/{name}/")
    endpoint = page.get_by_role("region", name="Leads to").get_by_role("link", name="Hears first").get_attribute("href")
    page.goto(f"{site}{endpoint}sample-code/?sample={language.lower()}")
    code = page.locator("#code-by-address").text_content()
    page.goto("/addresses/")  # of the demo: the other web server ends before this page does
    return code
