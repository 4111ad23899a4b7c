"""Activity in a browser: it updates itself, and does not move what somebody reads."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_accessibility import WIDE, barriers

LINES = "#events > ol > li"
NEW = "#new-events"


def make_news(page, name):
    """Save and share a view, which is an event; by the pages themselves."""
    answer = page.request.get("/endpoints/views/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]*)"', answer.text())[1]
    form = {"csrfmiddlewaretoken": token, "name": name, "shared": "1", "query": "status=Failed"}
    done = page.request.post("/endpoints/views/", form=form, headers={"Referer": answer.url})
    assert done.ok


@pytest.fixture
def activity(open_page):
    page = open_page("admin", "/activity/")
    expect(page.locator(LINES).first).to_be_visible()
    return page


def test_an_open_page_shows_a_new_event_within_ten_seconds(activity):
    make_news(activity, "Seen at once")
    expect(activity.locator(LINES).filter(has_text="shared the view Seen at once")).to_be_visible(timeout=14_000)
    expect(activity.locator(NEW)).to_have_count(0)


def test_a_new_event_waits_behind_a_button_while_somebody_reads(activity):
    page = activity
    first = page.locator(LINES).first.get_attribute("id")
    page.locator(f"{LINES} a").last.focus()  # of an event that has ended, so that the link stays
    make_news(page, "Waits")
    # More than one, when a deployment of another test ends meanwhile.
    expect(page.locator(NEW)).to_have_text(re.compile(r"^[1-9]\d* new$"), timeout=30_000)
    assert page.locator(LINES).first.get_attribute("id") == first
    page.locator(NEW).click()
    expect(page.locator(LINES).filter(has_text="shared the view Waits")).to_be_visible()
    expect(page.locator(NEW)).to_have_count(0)


def test_filters_change_the_list_and_the_address(activity):
    page = activity
    make_news(page, "Found by words")
    page.get_by_role("combobox", name="Kind").select_option("Views")
    expect(page).to_have_url(re.compile(r"/activity/\?kind=views$"))
    page.get_by_role("searchbox", name="Search").fill("found by words")
    expect(page).to_have_url(re.compile(r"q=found"))
    expect(page.locator(LINES)).to_have_count(1)
    page.get_by_role("searchbox", name="Search").fill("nothing like it")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert list(barriers(page)) == []
    page.get_by_role("link", name="Clear filters").first.click()
    expect(page).to_have_url(re.compile(r"/activity/$"))


# The top and left edge of the text of each fact, rounded to pixels.
FACTS = """() => [...document.querySelectorAll(".page-facts > p")].filter((fact) => fact.offsetHeight).map((fact) => {
  const text = document.createRange();
  text.selectNodeContents(fact);
  const { top, left } = text.getBoundingClientRect();
  return [Math.round(top), Math.round(left)];
})"""


def test_on_a_narrow_page_each_line_of_facts_begins_with_a_fact(activity):
    activity.set_viewport_size({"width": 150, "height": 700})
    edge = round(activity.locator(".breadcrumb").bounding_box()["x"])
    lines = {}
    for top, left in activity.evaluate(FACTS):
        lines[top] = min(left, lines.get(top, left))
    assert len(lines) > 1
    assert {*lines.values()} == {edge}  # and no point between the facts


def test_no_rule_of_accessibility_is_broken(open_page):
    page = open_page("admin", "/activity/", viewport=WIDE)
    for details in page.locator("#events details").all():
        details.locator("summary").click()
    assert list(barriers(page)) == []
