"""The steps of "Deploy a custom speech model", from sign-in to the unzipped log."""

import io
import json
import re
import wave
import zipfile

from playwright.sync_api import expect

from tests import prepared
from tests.browser.conftest import fill_wizard
from tests.conftest import World
from tests.demo import Demo
from tests.processes import servers


def test_the_articles_walk_through_works_word_for_word(tmp_path, new_context):
    demo = Demo(prepared.fill(tmp_path), "--deploy-seconds", "1", "--logs", "3", "--control", SWEEP_SECONDS=1).wait()
    try:
        walk(new_context(base_url=demo.url).new_page(), World(f"http://127.0.0.1:{demo.simulator_port}"))
    finally:
        servers.tear_down(demo)


def walk(page, service):
    page.set_default_timeout(20_000)
    # Sign in to the Speech Studio.
    page.goto("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()

    # If this is your first endpoint, you notice that there are no endpoints listed in the table.
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    expect(page.get_by_text("No endpoints yet")).to_be_visible()

    # Select Deploy model to start the new endpoint wizard.
    page.get_by_role("link", name="Deploy model", exact=True).click()
    # On the New endpoint page, enter a name and description; select the custom model; check the box to enable logging.
    expect(page.get_by_role("heading", name="New endpoint")).to_be_visible()
    fill_wizard(page, "My Endpoint", description="My Endpoint Description", logging=True)
    service.stop()  # while somebody watches
    # Select Add to save and deploy the endpoint.
    page.get_by_role("button", name="Add", exact=True).click()

    # Details about the new endpoint are displayed in a table: name, description, status, expiration date.
    row = page.get_by_role("row").filter(has_text="My Endpoint Description")
    expect(row).to_have_attribute("data-status", re.compile("NotStarted|Running"))
    expect(row.locator(".col-expiration time")).to_have_text(re.compile(r"^\w+ \d+, 20\d\d$"))
    # When the status changes to Succeeded, the endpoint is ready to use; nobody reloads the page for that.
    page.evaluate("document.body.dataset.loaded = 'once'")
    service.go()
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    assert page.evaluate("document.body.dataset.loaded") == "once"
    expect(page.locator("#endpoints")).to_have_attribute("hx-trigger", re.compile("^every 10s"))

    # Select the endpoint link: the endpoint key, endpoint URL, and sample code.
    page.get_by_role("link", name="My Endpoint", exact=True).click()
    for word in ("Endpoint key", "Endpoint URL", "Endpoint ID", "Sample code"):
        expect(page.get_by_text(word, exact=True).first).to_be_visible()
    first_model = page.locator("#deployment dd bdi").first.inner_text()

    # Select Change model, the new model, Done.
    page.get_by_role("link", name="Change model").click()
    page.get_by_role("radio", disabled=False).first.check()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#deployment dd bdi").first).not_to_have_text(first_model, timeout=30_000)
    expect(page.locator("#deployment .status").first).to_have_text("Succeeded", timeout=30_000)
    expect(page.locator("#deployment")).not_to_contain_text(first_model)

    # Under Content logging, select Download log.
    page.get_by_role("button", name="Download log").click()
    link = page.get_by_role("link", name=re.compile("^Download"), exact=False).filter(has_not_text="Downloads")
    with page.expect_download() as downloading:
        link.first.click(timeout=30_000)
    archive = zipfile.ZipFile(io.BytesIO(downloading.value.path().read_bytes()))
    audio = [name for name in archive.namelist() if name.endswith(".wav")]
    transcripts = [name for name in archive.namelist() if name.endswith(".v2.json")]
    assert len(audio) == len(transcripts) >= 3
    with wave.open(archive.open(audio[0])) as recording:
        assert recording.getframerate() == 16000
    assert json.loads(archive.read(transcripts[0]))
    assert {name.removesuffix(".wav") for name in audio} == {name.removesuffix(".v2.json") for name in transcripts}
