"""The states of the pages of an address, for the test of accessibility."""

import contextlib
import sqlite3

from playwright.sync_api import expect

NAME = "in-every-state"
PAGE = f"/addresses/{NAME}/"


def states(page, demo, endpoint):
    """Opens them, one after the other, with an address of the endpoint called so; names them."""
    page.goto("/addresses/new/")
    page.get_by_role("button", name="Add address").click()
    yield "new address, with errors"
    page.get_by_label("Name", exact=True).fill(NAME)
    page.locator("#endpoint-rows").get_by_label(endpoint, exact=True).check()
    page.get_by_role("button", name="Add address").click()
    expect(page.get_by_role("region", name="Leads to")).to_contain_text(endpoint)
    yield "address"
    page.goto("/addresses/")
    yield "addresses"
    for form in ("description", "delete", "move", "share", "standby"):
        page.goto(f"{PAGE}{form}/")
        yield f"address, {form}"
    without_endpoint(demo)
    yield from forms(page, endpoint)
    page.get_by_role("button", name="Move to the standby").click()
    expect(page.get_by_role("region", name="Leads to")).to_contain_text(endpoint)
    yield "address, moved to its standby"
    page.goto(f"{PAGE}delete/")
    page.get_by_role("button", name="Delete address").click()
    yield "address, delete, with an error"
    page.get_by_label("Name of the address").fill(NAME)
    page.get_by_role("button", name="Delete address").click()
    expect(page.get_by_text(f"The address {NAME} is deleted.")).to_be_visible()


def forms(page, endpoint):
    """The forms with errors and filled in; in the end the page has a share, a proposed standby and a scheduled move."""
    for form, name in (("share", "Save"), ("standby", "Save"), ("move", "Move address")):
        page.goto(f"{PAGE}{form}/")
        page.get_by_role("button", name=name).click()
        yield f"address, {form}, with errors"
        page.locator("#endpoint-rows").get_by_label(endpoint, exact=True).check()
        if form == "share":
            page.get_by_label("Percent of new sessions").fill("20")
        if form == "move":
            page.get_by_text("Move later").click()
            page.get_by_label("Move at").fill("2999-01-01T02:00")
        yield f"address, {form}, filled in"
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("heading", level=1, name=NAME)).to_be_visible()
    expect(page.get_by_role("button", name="Move to the standby")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel move")).to_be_visible()
    yield "address with a share, a proposed standby and a scheduled move"


def without_endpoint(demo):
    """As when the Speech resource of its endpoint was removed: the standby is proposed, whatever the service says."""
    with contextlib.closing(sqlite3.connect(demo.var / "db.sqlite3", isolation_level=None, timeout=20)) as database:
        database.execute("UPDATE endpoints_address SET endpoint_id = NULL WHERE name = ?", [NAME])
