"""People in a real browser: an invitation, an authenticator app, recovery codes, and passkeys of a virtual device."""

import time

import pytest
from playwright.sync_api import expect

from tests.access.test_second_factor import code_of
from tests.browser.conftest import listen
from tests.browser.test_accessibility import barriers
from tests.demo import until

INDEX = "/settings/second-factor/"
PASSWORD = "a long enough word"
# What Chromium has instead of a device: it keeps passkeys and confirms its user without asking.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def fresh_code(secret):
    """One that doesn't end while it is entered: it holds for half a minute of the clock."""
    until(lambda: time.time() % 30 < 25)
    return code_of(secret)


@pytest.fixture
def named(demo):
    """The demo at a name, because there are no passkeys at an IP address."""
    return demo.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def page(named, new_context, complaints):
    context = new_context(base_url=named, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    listen(page, complaints)
    yield page
    assert complaints == []


@pytest.fixture
def invited(page):
    """Invites a person of this name, who sets a password and signs in."""

    def invite(name):
        enter(page, "admin", "demo")
        page.goto("/invitations/new/")
        accessible(page)
        page.get_by_label("Username").fill(name)
        page.get_by_label("viewer").check()
        page.get_by_role("button", name="Invite").click()
        link = page.locator("#password-link").inner_text()
        accessible(page)
        page.context.clear_cookies()
        page.goto(link)
        accessible(page)
        page.get_by_label("New password", exact=True).fill(PASSWORD)
        page.get_by_label("New password again").fill(PASSWORD)
        page.get_by_role("button", name="Set password").click()
        expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
        enter(page, name)

    return invite


def enter(page, name, password=PASSWORD):
    page.goto("/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))


def accessible(page):
    assert list(barriers(page)) == []


def signed_in(page):
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()


def test_an_authenticator_app_and_recovery_codes_sign_a_person_in(page, invited):
    invited("tess")
    page.goto(INDEX)
    accessible(page)
    page.get_by_role("link", name="Set up authenticator app").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    accessible(page)
    secret = page.locator("#authenticator_secret").inner_text()
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("The code is incorrect.").first).to_be_visible()
    accessible(page)
    page.get_by_role("textbox", name="Code").fill(fresh_code(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("The authenticator app is set up.")).to_be_visible()

    page.goto(f"{INDEX}recovery-codes/")
    accessible(page)
    recovery = page.locator("#codes li").first.inner_text()
    for code in (lambda: recovery, lambda: fresh_code(secret)):
        page.context.clear_cookies()
        enter(page, "tess")
        expect(page.get_by_role("heading", name="Second factor")).to_be_visible()
        accessible(page)
        page.get_by_role("textbox", name="Code").fill(code())
        page.get_by_role("button", name="Sign in").click()
        signed_in(page)
    for address in ("totp/deactivate/", "recovery-codes/generate/"):
        page.goto(f"{INDEX}{address}")
        accessible(page)


def test_a_passkey_signs_a_person_in_alone_and_as_the_second_factor(page, invited):
    invited("paula")
    device = page.context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(INDEX)
    page.get_by_role("link", name="Add passkey").click()
    accessible(page)
    page.get_by_label("Name").fill("Telephone")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.get_by_text("The passkey was added.")).to_be_visible()
    page.goto(f"{INDEX}webauthn/")
    expect(page.get_by_role("row", name="Telephone")).to_contain_text("Without a password")
    accessible(page)

    page.context.clear_cookies()
    page.goto("/sign-in/")
    accessible(page)
    page.get_by_role("button", name="Use a passkey").click()
    signed_in(page)

    page.context.clear_cookies()
    enter(page, "paula")
    page.get_by_role("button", name="Use a passkey").click()
    signed_in(page)

    page.goto(f"{INDEX}webauthn/")
    page.get_by_role("link", name="Remove").click()
    accessible(page)
    page.get_by_role("button", name="Remove passkey").click()
    expect(page.get_by_text("The passkey was removed.")).to_be_visible()


def test_at_an_ip_address_the_page_says_why_there_are_no_passkeys(open_page, named, demo):
    page = open_page("viewer", INDEX)
    expect(page.get_by_text("not at an IP address")).to_be_visible()
    expect(page.get_by_role("link", name="Add passkey")).to_have_count(0)
    expect(page.get_by_role("link", name="Open this page at localhost")).to_have_attribute("href", f"{named}{INDEX}")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    expect(page.get_by_role("button", name="Use a passkey")).to_have_count(0)


def test_pages_of_the_own_account_pass_axe(open_page):
    page = open_page("viewer", INDEX)
    for address in ("/settings/password/", "/settings/sessions/", INDEX, "/sign-in/reset/", "/sign-in/inactive/"):
        page.goto(address)
        accessible(page)
