"""A row of the list is HTML that no text of a person or of the service can change."""

import re
from datetime import UTC, datetime, timedelta
from html import escape
from html.parser import HTMLParser

import pytest
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.models import Endpoint, Resource, SpeechModel
from endpoints.pages.endpoint_list import selection
from endpoints.pages.endpoint_list.badges import RequestBadge
from endpoints.pages.endpoint_list.row import row_html

HOSTILE = ["<script>alert(1)</script>", '" onmouseover="x', "{pk}", "{0}", "{{ name }}", "{% x %}", "}{", "&amp;", "'"]
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=200))
EVERY = tuple(selection.COLUMNS)


def row(name="Hotline", *, description="", badge=None, **more):
    now = timezone.now()
    resource = Resource(name=more.pop("resource", "Contoso"), region="eastus")
    facts = {"kind": "custom", "expires_at": more.pop("expires_at", now - timedelta(days=3))}
    model = SpeechModel(display_name=more.pop("model", "Calls"), **facts)
    endpoint = Endpoint(
        display_name=name, description=description, resource=resource, model=model, locale="en-US", **more
    )
    endpoint.open_changes = []
    return row_html(endpoint, badge, favorite=False, columns=EVERY)


class Tags(HTMLParser):
    """The tags with the names of their attributes."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, *(name for name, _value in attrs)))


def parsed(html):
    tags = Tags()
    tags.feed(html)
    tags.close()
    return tags


@settings(deadline=None)
@given(texts, texts, texts, texts, texts, texts)
def test_texts_add_no_tag_and_no_attribute(name, description, model, resource, owner, error):
    def made(name="x", description="x", model="x", resource="x", owner="x", error="x", *, requested):
        badge = RequestBadge("going", "running", name, model, error, 1, 2) if requested else None
        people = {"owner": owner, "changed_by": owner}
        facts = {"status": "Failed", "error": error, "last_action_at": timezone.now()}
        texts = {"description": description, "model": model, "resource": resource}
        return parsed(row(name, badge=badge, **texts, **people, **facts))

    hostile = [text or "x" for text in (name, description, model, resource, owner, error)]
    for requested in (True, False):
        assert made(*hostile, requested=requested).tags == made(requested=requested).tags


@settings(deadline=None)
@given(texts)
def test_a_name_is_shown_as_it_is(name):
    shown = re.search(r'<bdi title="[^"]*">(.*?)</bdi>', row(name), re.DOTALL)[1]
    assert shown == escape(name)


def test_names_that_are_written_from_right_to_left_stay_as_they_are():
    assert "מוקד שירות" in row("מוקד שירות")
    assert "客户服务热线" in row("客户服务热线")


@pytest.mark.parametrize(
    ("now", "zone", "badge", "title"),
    [
        ("2026-11-29T22:59", "UTC", "Tomorrow", "Expires tomorrow. "),
        ("2026-11-29T22:59", "America/New_York", "Today", "Expires today. "),
        ("2026-11-29T22:59", "Europe/Berlin", "Tomorrow", "Expires tomorrow. "),
        ("2026-11-29T23:00", "Europe/Berlin", "Today", "Expires today. "),
        ("2026-11-29T00:59", "UTC", "1 day", "1 day left. "),
        ("2026-11-30T01:01", "UTC", "Expired", "Expired. "),
    ],
)
def test_the_last_day_is_told_by_the_date_in_the_readers_time_zone(monkeypatch, now, zone, badge, title):
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(f"{now}+00:00"))
    with timezone.override(zone):
        html = row(expires_at=datetime(2026, 11, 30, 1, tzinfo=UTC), status="Succeeded")
    assert f">{badge}</span>" in html
    assert f'title="{title}' in html


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_row_is_in_the_language_of_its_reader(language):
    with translation.override(language):
        html = row("Zentrale", description="d", status="Succeeded", owner="ada", changed_by="ada")
    word = {"en": "Select Zentrale", "de": "Zentrale auswählen"}[language]
    assert word in html
    assert "{" not in html
