"""The list in Chromium: how soon it shows changes of the service, and how much it loads."""

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.accept import add, fill_in
from bench.durability import control
from bench.figures import Goal, Row, Sample
from bench.listing import lighthouse, wire
from bench.product import LIST, Failed, Person, Product
from bench.script import KEY_HEADER

CHROMIUM = shutil.which("chromium")
ROWS = 50
DEPLOYMENTS = 2  # at a time
DEPLOY_SECONDS = 8
ASK_EVERY = 0.05
PATIENCE_SECONDS = 60
# When each name is first painted with the status Succeeded.
WATCH = """() => {
  window.painted = {};
  const look = () => requestAnimationFrame(() => {
    for (const row of document.querySelectorAll('tr[data-status="Succeeded"]')) {
      window.painted[row.querySelector("th bdi").textContent] ??= Date.now() / 1000;
    }
  });
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


def measure(rounds: int, *, full: bool, say: Callable[[str], None]) -> list[Row]:
    if not CHROMIUM:
        say("list: nothing is measured in a browser, because chromium is not installed")
        return []
    rounds = min(rounds, ROWS // DEPLOYMENTS)
    with Product("--control", "--deploy-seconds", DEPLOY_SECONDS) as product:
        person = Person(product).sign_in()
        begin(product, person, ROWS - rounds * DEPLOYMENTS)
        with signed_in(product, person) as (browser, cookies):
            seconds = freshness(product, person, browser, cookies, rounds, say)
            loads = [first_visit(product, browser, cookies) for _ in range(rounds)]
        sizes = swaps(product, person)
        pages = {f"list, {ROWS} rows": LIST, "wizard": lighthouse.WIZARD, **endpoint_pages(person)}
        runs = rounds if full else 1
        scores = lighthouse.measure(product.url, pages, cookie_header(person), runs, str(CHROMIUM), say)
    part, what = "list", f"first visit, {ROWS} rows"
    return [
        Row(
            part,
            f"from the service's change to the row in the browser: p95 of {sum(map(len, seconds))}",
            Sample(seconds, quantile=0.95),
            goal=Goal(at_most=6),
        ),
        Row(part, "from the service's change to the row in the browser: median", Sample(seconds)),
        Row(part, f"{what}: bytes loaded", Sample([[load.kilobytes] for load in loads], "KB"), goal=Goal(at_most=45)),
        Row(part, f"{what}: requests", Sample([[load.requests] for load in loads], ""), goal=Goal(at_most=6)),
        Row(
            part,
            f"{what}: requests to other hosts",
            Sample([[load.foreign] for load in loads], ""),
            goal=Goal(at_most=0),
        ),
        Row(part, f"a poll with news, {ROWS} rows", Sample([[size] for size in sizes], "KB"), goal=Goal(at_most=8)),
        *scores,
    ]


def begin(product: Product, person: Person, endpoints: int) -> None:
    """A service without a rate limit."""
    control(product, "reset", {"rate_limit": "0/0", "endpoints": endpoints, "deploy_seconds": DEPLOY_SECONDS})
    person.wait_for_rows(endpoints)


def endpoint_pages(person: Person) -> dict[str, str]:
    """The address of an endpoint and that of its content logs."""
    found = re.search(r'class="line-1" href="([^"]+)"', person.page())
    if not found:
        raise Failed("The list has no link to an endpoint.")
    return {"endpoint": found[1], "logs": f"{found[1]}logs/"}


@contextmanager
def signed_in(product: Product, person: Person) -> Iterator[tuple[Browser, list[Any]]]:
    cookies = [{"name": name, "value": value, "url": product.url} for name, value in person.browser.cookies.items()]
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield browser, cookies
        browser.close()


def context(browser: Browser, cookies: list[Any]) -> BrowserContext:
    opened = browser.new_context(viewport={"width": 1280, "height": 800})
    opened.add_cookies(cookies)
    return opened


def freshness(
    product: Product, person: Person, browser: Browser, cookies: list[Any], rounds: int, say: Callable[[str], None]
) -> list[list[float]]:
    """Several deployments at once; for each, the seconds from its end until it is shown."""
    names = [[f"Fresh {number:02}-{n}" for n in range(DEPLOYMENTS)] for number in range(rounds)]
    drafts = {name: fill_in(person, name) for group in names for name in group}
    page = context(browser, cookies).new_page()
    seconds = []
    for number, group in enumerate(names):
        say(f"list: deploying before a browser, round {number + 1} of {rounds}")
        for name in group:
            add(person, drafts[name], name)
            time.sleep(0.37 * number)  # not always at the same time between two polls
        page.goto(product.url + LIST)
        page.evaluate(WATCH)
        ended = ends(product, set(group))
        seconds.append([painted(page, name) - ended[name] for name in group])
    page.context.close()
    return seconds


def ends(product: Product, names: set[str]) -> dict[str, float]:
    """When the service itself first said that each had succeeded."""
    found: dict[str, float] = {}
    address = f"http://127.0.0.1:{product.simulator_port}/speechtotext/v3.2/endpoints"
    until = time.monotonic() + PATIENCE_SECONDS
    with httpx.Client(headers={KEY_HEADER: product.simulator_key}) as client:
        while names - found.keys():
            if time.monotonic() > until:
                raise Failed(f"The service did not deploy {names - found.keys()} within {PATIENCE_SECONDS} s.")
            for endpoint in client.get(address).json()["values"]:
                if endpoint["displayName"] in names and endpoint["status"] == "Succeeded":
                    found.setdefault(endpoint["displayName"], time.time())
            time.sleep(ASK_EVERY)
    return found


def painted(page: Page, name: str) -> float:
    wait = page.wait_for_function("name => window.painted[name]", arg=name, timeout=PATIENCE_SECONDS * 1000)
    return float(wait.json_value())


class Load:
    """What one visit loaded, as the browser counts it on the wire."""

    def __init__(self, host: str) -> None:
        self.host, self.bytes, self.requests, self.foreign = host, 0.0, 0, 0

    @property
    def kilobytes(self) -> float:
        return self.bytes / 1000

    def asked(self, event: dict[str, Any]) -> None:
        self.requests += 1
        self.foreign += urlsplit(event["request"]["url"]).netloc not in (self.host, "")

    def came(self, event: dict[str, Any]) -> None:
        self.bytes += event["encodedDataLength"]


def first_visit(product: Product, browser: Browser, cookies: list[Any]) -> Load:
    """The list page with nothing in the browser's cache."""
    load = Load(urlsplit(product.url).netloc)
    page = context(browser, cookies).new_page()
    session = page.context.new_cdp_session(page)
    session.on("Network.requestWillBeSent", load.asked)
    session.on("Network.loadingFinished", load.came)
    session.send("Network.enable")
    page.goto(product.url + LIST, wait_until="networkidle")
    if (shown := page.locator("tbody tr[data-status]").count()) != ROWS:
        raise Failed(f"The list shows {shown} rows instead of {ROWS}.")
    page.context.close()
    return load


def swaps(product: Product, person: Person) -> list[float]:
    """KB of the table that an open page gets when there is news, compressed as for a browser."""
    headers = {"HX_Request": "true", "Accept_Encoding": "gzip, deflate, br", "Cookie": cookie_header(person)}
    status, size = wire.answer(f"{product.url}{LIST}?version=0", **headers)
    if status != httpx.codes.OK:
        raise Failed(f"A poll with news was answered with {status}.")
    return [size / 1000]


def cookie_header(person: Person) -> str:
    return "; ".join(f"{name}={value}" for name, value in person.browser.cookies.items())
