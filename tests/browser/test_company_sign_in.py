"""Sign-in by a company's identity provider that we did not write (npm oidc-provider), in a real browser."""

import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from speechstudio.demo.processes import free_port
from tests import prepared
from tests.demo import PLAIN, Demo
from tests.node import NODE, packages

PROVIDER = Path(__file__).parent.parent / "access" / "provider"
BUTTON = "Sign in with your company account"


class Company:
    """A provider and a demo that trusts it."""

    def __init__(self, directory):
        self.port = free_port()
        shutil.copytree(PROVIDER, directory / "provider")
        (directory / "provider" / "node_modules").symlink_to(packages(PROVIDER))
        callback = f"http://127.0.0.1:{self.port}/sign-in/company/callback/"
        command = [str(NODE), "provider.mjs", callback]
        self.process = subprocess.Popen(command, cwd=directory / "provider", stdout=subprocess.PIPE, text=True)
        self.issuer = next(line.strip() for line in self.process.stdout if line.startswith("http"))
        client = {"OIDC_CLIENT_ID": "studio", "OIDC_CLIENT_SECRET": "a secret of the client"}
        self.demo = Demo(prepared.fill(directory), port=self.port, OIDC_ISSUER=self.issuer, **client).wait()

    def groups(self, person, group=""):
        httpx.get(f"{self.issuer}/groups/{person}/{group}", verify=PLAIN, trust_env=False).raise_for_status()

    def query(self, sql):
        with closing(sqlite3.connect(self.demo.var / "db.sqlite3", timeout=20)) as database:
            return database.execute(sql).fetchall()

    def end(self):
        self.demo.stop()
        self.process.kill()
        with self.process:
            pass


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    company = Company(tmp_path_factory.mktemp("company"))
    yield company
    company.end()


@pytest.fixture
def page(company, new_context):
    page = new_context(base_url=company.demo.url).new_page()
    page.set_default_timeout(15_000)
    return page


def sign_in(page, person, next_page="/endpoints/"):
    page.goto(next_page)
    page.get_by_role("button", name=BUTTON).click()
    page.locator("[name=login]").fill(person)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_a_person_of_the_company_gets_an_account_and_the_roles_of_their_groups(company, page):
    sign_in(page, "ada", "/models/")
    expect(page).to_have_url(re.compile("/models/$"))
    assert company.query(
        "select g.name from auth_user u join auth_user_groups x on x.user_id = u.id "
        "join auth_group g on g.id = x.group_id where u.username = 'ada'"
    ) == [("admin",)]
    (password,) = company.query("select password from auth_user where username = 'ada'")[0]
    assert password.startswith("!")
    assert company.query(
        "select count(*) from endpoints_event where verb = 'account-signed-in' and actor_name = 'ada'"
    ) == [(1,)]


def test_a_group_that_is_gone_is_a_role_less_at_the_next_sign_in(company, page):
    company.groups("rob", "admin")
    sign_in(page, "rob")
    expect(page.get_by_role("link", name="Resources")).to_be_visible()
    company.groups("rob", "viewer")
    page.context.clear_cookies()
    sign_in(page, "rob")
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    expect(page.get_by_role("link", name="Resources")).to_have_count(0)


@pytest.mark.parametrize(
    ("person", "why"), [("nora", "None of your groups has a role here"), ("omar", "more groups than")]
)
def test_a_person_without_a_role_is_told_why_and_has_no_account(company, page, person, why):
    sign_in(page, person)
    expect(page.get_by_text(why)).to_be_visible()
    assert (person,) not in company.query("select username from auth_user")


def test_a_person_who_is_named_like_a_local_account_does_not_get_it(company, page):
    company.groups("admin", "viewer")
    sign_in(page, "admin")
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    expect(page.get_by_role("link", name="Resources")).to_have_count(0)


def test_an_answer_that_was_not_asked_for_or_comes_twice_is_refused(company, page):
    answers = []
    page.on("request", lambda request: answers.append(request.url) if "/callback/?" in request.url else None)
    sign_in(page, "vera")
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    page.goto(answers[0])
    expect(page.get_by_role("heading", name="Sign-in refused")).to_be_visible()
    stranger = page.context.browser.new_context(base_url=company.demo.url).new_page()
    stranger.goto(answers[0])
    expect(stranger.get_by_role("heading", name="Sign-in refused")).to_be_visible()
    stranger.goto("/sign-in/company/callback/?error=access_denied&state=x")
    expect(stranger.get_by_role("heading", name="Sign-in refused")).to_be_visible()
    stranger.context.close()


APP = "/settings/second-factor/totp/activate/"


def confirm(page, *, changed=lambda address: address):
    """Go to a page that needs a recent sign-in, and leave for the provider by the address, changed or not."""
    page.goto(APP)
    expect(page.get_by_role("heading", name="Confirm that it's you")).to_be_visible()
    # The page for leaving would go on by itself.
    left = page.context.request.post(
        page.locator("form[action='/sign-in/company/']").evaluate("form => form.action"),
        form=dict(
            page.locator("form[action='/sign-in/company/'] input").evaluate_all(
                "all => all.map(one => [one.name, one.value])"
            )
        ),
    )
    address = unescape(re.search('href="(http[^"]+)"', left.text())[1])
    assert {"prompt": "login", "max_age": "0"}.items() <= dict(httpx.URL(address).params).items()
    page.goto(changed(address))


def test_a_sign_in_is_confirmed_by_signing_in_again_at_the_provider(company, page):
    company.groups("kim", "admin")
    sign_in(page, "kim")
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    confirm(page)
    page.locator("[name=login]").fill("kim")
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    expect(page.get_by_role("heading", name="Set up authenticator app")).to_be_visible()


def test_coming_back_from_the_provider_without_signing_in_again_confirms_nothing(company, page):
    company.groups("kim", "admin")
    sign_in(page, "kim")
    expect(page.get_by_role("heading", name="Deploy models")).to_be_visible()
    confirm(
        page, changed=lambda address: str(httpx.URL(address).copy_remove_param("prompt").copy_remove_param("max_age"))
    )
    expect(page.get_by_text("didn't say that you signed in again")).to_be_visible()
    page.goto(APP)
    expect(page.get_by_role("heading", name="Confirm that it's you")).to_be_visible()


def test_the_request_has_a_nonce_and_a_challenge(company):
    with httpx.Client(base_url=company.demo.url, verify=PLAIN, trust_env=False) as client:
        form = client.get("/sign-in/?next=/endpoints/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
        answer = client.post(
            "/sign-in/company/",
            data={"csrfmiddlewaretoken": token},
            params={"scope": "admin", "auth_params": "nonce=x"},
        )
    asked = httpx.URL(unescape(re.search('href="(http[^"]+)"', answer.text)[1])).params
    assert asked["code_challenge_method"] == "S256"
    assert len(asked["nonce"]) > 20
    assert "admin" not in asked["scope"]
    assert asked["state"]
