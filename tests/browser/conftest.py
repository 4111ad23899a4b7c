"""Fixtures: Chromium with a running demo of web server, worker, broker and simulator."""

import re
import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import prepared
from tests.conftest import World
from tests.contract.violations import violations
from tests.demo import Demo
from tests.processes import servers

expect.set_options(timeout=15_000)
# The headless shell takes half of the work.
CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
# The list; or the endpoint's page, when Add is clicked again after the first request was done.
ADDED = re.compile(r"/endpoints/([0-9a-f-]{36}/)?$")
# htmx logs each request that a newer one of the same form has replaced.
REPLACED = re.compile(r"htmx:(afterRequest|sendAbort),")
# Chromium logs each page with an error status: 403, 404, 409, 422.
NOTED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d ")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps
    "--use-fake-ui-for-media-stream",  # the headless shell asks nobody for the permission
]


def pytest_collection_modifyitems(items):
    if not CHROMIUM:
        for item in items:
            if "browser" in item.nodeid:
                item.add_marker(pytest.mark.skip(reason="chromium is not installed"))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture(scope="package")
def demo(tmp_path_factory):
    var = prepared.fill(tmp_path_factory.mktemp("demo"))
    demo = Demo(var, "--deploy-seconds", "1", "--logs", "3", "--control", SWEEP_SECONDS=1, SIMULATED_QUOTA=1000)
    yield demo.wait()
    servers.tear_down(demo)


@pytest.fixture(scope="package")
def forty_endpoints(tmp_path_factory):
    """A demo with forty endpoints, for measures of the pages. No test changes it."""
    var = prepared.fill(tmp_path_factory.mktemp("forty"))
    demo = Demo(var, "--endpoints", "40", "--logs", "0", "--control", SWEEP_SECONDS=1)
    yield demo.wait()
    servers.tear_down(demo)


@pytest.fixture(scope="package")
def sessions_of_forty():
    """Not those of the other demo."""
    return {}


@pytest.fixture
def service(demo):
    """The demo's simulated service; faults of a test end with it."""
    key = (demo.var / "simulator-key").read_text().strip()
    world = World(f"http://127.0.0.1:{demo.simulator_port}", key)
    yield world
    world.fail()
    world.go()


@pytest.fixture
def complaints():
    """Messages of the browsers' consoles."""
    return []


@pytest.fixture(scope="package")
def sessions():
    """Storage states of people who have signed in before, by name."""
    return {}


@pytest.fixture
def open_page(demo, new_context, complaints, sessions):
    """Opens a page with one of the demo's accounts. A message on the browser's console fails the test."""

    def open_as(name, address="/", **options):
        options.setdefault("reduced_motion", "reduce")  # no animations during tests
        context = new_context(base_url=demo.url, storage_state=sessions.get(name), **options)
        page = context.new_page()
        page.set_default_timeout(15_000)
        listen(page, complaints)
        page.goto(address)
        if "/sign-in/" in page.url:
            sign_in(page, name)
            sessions[name] = context.storage_state()
        return page

    yield open_as
    assert complaints == []
    assert violations(f"http://127.0.0.1:{demo.simulator_port}", forget=True) == []


def sign_in(page, name):
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def listen(page, complaints):
    """Collect messages of the console, except those about whole pages."""
    documents = set()

    def answered(response):
        if response.request.is_navigation_request():
            documents.add(response.url)

    def said(message):
        noted = NOTED.match(message.text) and message.location["url"] in documents
        if message.type == "error" and not noted and not REPLACED.match(message.text):
            complaints.append(message.text)

    page.on("response", answered)
    page.on("console", said)
    page.on("pageerror", lambda error: complaints.append(str(error)))


@pytest.fixture
def deploy(open_page):
    """Deploys a model through the wizard; returns the page and the endpoint's row."""

    def deploy(name, *, person="admin", logging=False, model=0, **options):
        page = open_page(person, **options)
        page.get_by_role("link", name="Deploy model", exact=True).click()
        fill_wizard(page, name, logging=logging, model=model)
        page.get_by_role("button", name="Add", exact=True).click()
        return page, page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))

    return deploy


@pytest.fixture
def serving(open_page, deploy):
    """The path of an endpoint that serves; tests that change nothing share one."""
    page = open_page("admin", "/endpoints/?status=Succeeded")
    if not page.locator("tbody tr[id]").count():
        _page, row = deploy("Stays where it is", logging=True)
        expect(row).to_have_attribute("data-status", "Succeeded", timeout=60_000)
        page.reload()
    return urlsplit(page.locator("tbody tr[id]").first.get_by_role("link").first.get_attribute("href")).path


def fill_wizard(page, name, *, description="", logging=False, model=0):
    """Fill in the wizard up to the review, with the model at this place of the choice."""
    page.get_by_label("Project").select_option(index=0)
    page.get_by_role("button", name="Next").click()
    page.get_by_role("group", name="Model").get_by_role("radio", disabled=False).nth(model).check()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Description").fill(description)
    if logging:
        page.get_by_label("Log content from this endpoint").check()
    page.get_by_role("button", name="Next").click()
