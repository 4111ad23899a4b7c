"""The product at a path prefix behind nginx, which speaks HTTPS."""

import csv
import io
import re
import subprocess
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from speechstudio.demo.processes import accepts
from tests import prepared
from tests.browser.conftest import fill_wizard, listen, sign_in
from tests.conftest import World
from tests.demo import PLAIN, Demo, free_port, until
from tests.processes import certificates, servers

# The first server passes the prefix on; the second, which is only for web hooks, removes it.
NGINX = (
    servers.NGINX_HEAD
    + """  server {{
    listen 127.0.0.1:{secure} ssl;
    ssl_certificate {files.certificate};
    ssl_certificate_key {files.key};
    location /speech/ {{ proxy_pass http://127.0.0.1:{port}; }}
    location / {{ return 404 "another program"; }}
  }}
  server {{
    listen 127.0.0.1:{plain};
    location /speech/ {{ proxy_pass http://127.0.0.1:{port}/; }}
  }}
}}
"""
)


class Site:
    def __init__(self, demo, secure, plain):
        self.demo, self.plain, self.origin = demo, f"http://127.0.0.1:{plain}", f"https://localhost:{secure}"
        self.url = f"{self.origin}/speech/"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    if not servers.NGINX:
        pytest.skip("nginx is not installed")
    home, secure, plain = tmp_path_factory.mktemp("nginx"), free_port(), free_port()
    env = {"SCRIPT_NAME": "/speech", "HTTPS": "true", "PUBLIC_URL": f"http://127.0.0.1:{plain}/speech/"}
    var = prepared.fill(tmp_path_factory.mktemp("demo"))
    demo = Demo(var, "--deploy-seconds", "1", "--control", SWEEP_SECONDS=1, **env)
    try:
        demo.wait()
        text = NGINX.format(home=home, secure=secure, plain=plain, port=demo.port, files=certificates.made_in(home))
        (home / "nginx.conf").write_text(text)
        command = [*servers.LEASH, servers.NGINX, "-c", str(home / "nginx.conf"), "-e", str(home / "error.log")]
        with subprocess.Popen(command) as nginx:
            try:
                until(lambda: nginx.poll() is not None or accepts(("127.0.0.1", secure)))
                assert nginx.poll() is None, (home / "error.log").read_text()
                yield Site(demo, secure, plain)
            finally:
                servers.end(nginx)
    finally:
        servers.tear_down(demo)


@pytest.fixture
def page(site, new_context, complaints):
    """The first page of admin. Each request has the prefix, none fails, and the console stays silent."""
    context = new_context(ignore_https_errors=True, reduced_motion="reduce", timezone_id="Asia/Tokyo")
    context.set_default_timeout(15_000)
    page, answers = context.new_page(), []
    page.on("response", lambda answer: answers.append((answer.status, urlsplit(answer.url).path)))
    listen(page, complaints)
    page.goto(site.url)
    sign_in(page, "admin")
    yield page
    assert [answer for answer in answers if answer[0] >= 400 or not answer[1].startswith("/speech/")] == []
    assert complaints == []


def test_pages_have_their_style_their_script_and_their_cookies(page, site):
    assert page.url == f"{site.url}endpoints/"
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Segoe UI')
    assert page.evaluate("typeof htmx") == "object"
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {"__Secure-session-speech", "__Secure-csrf-speech", "__Secure-time_zone"}
    assert {(cookie["path"], cookie["secure"]) for cookie in cookies.values()} == {("/speech/", True)}


def test_a_model_is_deployed_and_the_export_has_the_public_address(page, site):
    page.get_by_role("link", name="Deploy model", exact=True).click()
    fill_wizard(page, "Behind nginx")
    page.get_by_role("button", name="Add", exact=True).click()
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="Behind nginx", exact=True))
    expect(row).to_contain_text("Succeeded")
    answer = page.context.request.get(f"{site.url}endpoints/export/")
    addresses = [row["Address"] for row in csv.DictReader(io.StringIO(answer.text().removeprefix("\ufeff")))]
    assert re.fullmatch(rf"{site.url}endpoints/[0-9a-f-]{{36}}/", addresses[0])
    assert page.context.request.get(addresses[0]).ok


def test_the_calendar_can_be_subscribed_to(page, site):
    page.goto(f"{site.url}models/")
    address = re.search(rf"{site.origin}[^\"<\s]+\.ics[^\"<\s]*", page.content())[0].replace("&amp;", "&")
    assert address.startswith(site.url)
    feed = page.context.request.get(f"{address}&all=1")
    assert feed.ok
    models = re.findall(r"^URL[^:]*:(\S+)", feed.text().replace("\r\n ", ""), re.MULTILINE)
    assert models
    assert all(model.startswith(site.url) for model in models)


def test_a_health_check_that_comes_directly_needs_no_prefix(site):
    for path in ("/health/live", "/speech/health/live"):
        answer = httpx.get(f"{site.demo.url}{path}", trust_env=False, verify=PLAIN)
        assert (answer.status_code, answer.text) == (200, "")


def test_the_service_is_given_the_public_address_of_the_web_hook(page, site):
    page.goto(f"{site.url}resources/")
    page.get_by_role("link", name="Contoso Speech").first.click()
    page.get_by_role("button", name="Register web hook").click()
    world = World(f"http://127.0.0.1:{site.demo.simulator_port}")

    def registered():
        asked = [entry for entry in world.ledger("POST") if entry["path"].partition("?")[0].endswith("/webhooks")]
        return asked and asked[-1]["status"] == 201

    until(registered)
    # The simulator registers a hook only after a call to its address was answered.
    until(lambda: page.reload() and "Registered. The service notifies" in page.content())


def test_a_fragment_after_the_session_has_ended_leads_to_sign_in_and_back(page, site):
    page.goto(f"{site.url}endpoints/?q=a&locale=en-US")
    page.context.clear_cookies()
    page.get_by_label("Search").first.fill("ab")
    page.wait_for_url(re.compile("/speech/sign-in/"))
    assert "next=/speech/endpoints/%3Fq%3Da" in page.url
    sign_in(page, "admin")
    assert page.url.startswith(f"{site.url}endpoints/?q=a")
    assert "locale=en-US" in page.url
