"""Who answers, in a browser: a probe from an uploaded recording, and a service that answers with the base model."""

from playwright.sync_api import expect

from tests.browser.conftest import fill_wizard
from tests.browser.test_accessibility import WIDE, barriers
from tests.pages.test_who_answers import sound


def deploy_custom(page, name):
    page.get_by_role("link", name="Deploy model", exact=True).click()
    fill_wizard(page, name)
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


def test_a_probe_tells_when_the_base_model_answers_in_the_place_of_the_custom_model(open_page, service):
    page = open_page("admin", viewport=WIDE)
    deploy_custom(page, "Tells who answers")
    page.get_by_role("link", name="Set up a probe").click()
    page.get_by_label("Recording", exact=True).set_input_files(
        {"name": "order.wav", "mimeType": "audio/wav", "buffer": sound(3)}
    )
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Different: this recording can tell.")).to_be_visible(timeout=60_000)
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
    expect(answers).to_contain_text("The base model answers.", timeout=60_000)
    expect(answers.get_by_role("link", name="Change the model to mend it")).to_be_visible()
    wrong += barriers(page)
    page.goto("/endpoints/?who=base&q=Tells+who+answers")
    expect(page.get_by_role("row").filter(has_text="Tells who answers")).to_contain_text("The base model answers")
    wrong += barriers(page)
    assert wrong == [], "\n".join(wrong)
    page.go_back()
    answers.get_by_role("button", name="Remove", exact=True).click()
    expect(answers.get_by_role("link", name="Set up a probe")).to_be_visible()
