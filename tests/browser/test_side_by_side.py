"""Change model in a browser: selecting a model shows it beside the current one."""

import re

from playwright.sync_api import expect


def test_choosing_a_model_shows_it_beside_the_current_one(deploy):
    page, row = deploy("Side by side")
    expect(row).to_have_attribute("data-status", "Succeeded", timeout=30_000)
    page.goto(f"{row.get_by_role('link', name='Side by side', exact=True).get_attribute('href')}change-model/")
    expect(page.locator(".choice-box")).to_have_css("border-bottom-width", "1px")  # also where the table is cut
    new = page.get_by_role("region", name="New model")
    expect(new).to_contain_text("Choose a model")
    radio = page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).nth(1)
    radio.check()
    expect(new.get_by_role("definition").first).to_have_text(radio.locator("xpath=../..").locator("bdi").inner_text())
    expect(new.get_by_text("Differs").first).to_be_visible()
    expect(page.locator("#announcement")).to_have_text(re.compile("difference"))
    assert "model=" not in page.url
    current = page.get_by_role("region", name="Current model").bounding_box()
    assert new.bounding_box()["y"] == current["y"]
    assert new.bounding_box()["x"] > current["x"] + current["width"]
