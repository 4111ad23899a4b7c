"""Addresses in a browser: a person adds one, moves it to another endpoint, shares it, and takes both back."""

from playwright.sync_api import expect

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
