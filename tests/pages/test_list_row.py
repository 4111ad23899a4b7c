"""A row of the list is HTML that no text of a person or of the service can change."""

import re
from datetime import timedelta
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
    model = SpeechModel(display_name=more.pop("model", "Calls"), kind="custom", expires_at=now - timedelta(days=3))
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


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_row_is_in_the_language_of_its_reader(language):
    with translation.override(language):
        html = row("Zentrale", description="d", status="Succeeded", owner="ada", changed_by="ada")
    word = {"en": "Select Zentrale", "de": "Zentrale auswählen"}[language]
    assert word in html
    assert "{" not in html
