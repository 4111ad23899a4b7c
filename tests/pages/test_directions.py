"""Names with characters that turn the writing direction, or in letters that are written from right to left."""

import re
from html.parser import HTMLParser

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.urls import reverse

from endpoints.changes import saved_views
from endpoints.mirror.resource_states import pause_resource
from endpoints.models import Change, Endpoint, Event, Project, Resource, SpeechModel
from endpoints.models.status import ChangeState
from endpoints.pages.directions import visible
from tests.changes.requests import request_model
from tests.rewriting import events_rewritten

MARKS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
NAME = "Zq"  # begins each name that somebody gave, before a character that turns what follows
HOSTILE = f"{NAME}\u202e"
PAGES = ("list", "new", "all-logs", "downloads", "models", "activity", "resources", "views", "settings", "search")
OF_ENDPOINT = ("detail", "sample-code", "content-logging", "history", "change-model", "edit", "delete", "logs")
NO_MARKUP = ("title", "option", "textarea", "script", "style")  # elements that have text alone


class Loose(HTMLParser):
    """Collects the texts that people see with a name that is not isolated, as `found`."""

    def __init__(self):
        super().__init__()
        self.inside, self.found = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in ("input", "link", "meta", "img", "br", "use", "path", "rect", "line", "circle", "hr"):
            unseen = "visually-hidden" in (dict(attrs).get("class") or "").split()
            self.inside.append((tag, unseen))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while any(tag == one for one, _unseen in self.inside) and self.inside.pop()[0] != tag:
            pass

    def handle_data(self, data):
        isolated = any(unseen or tag in ("bdi", *NO_MARKUP) for tag, unseen in self.inside)
        if NAME in data and not isolated:
            self.found.append(data.strip())


@pytest.fixture
def hostile(alice, endpoint, other):
    """A change by a person, of an endpoint, a model, a project and a resource with such names."""
    alice.user.username = f"{HOSTILE}alice"
    alice.user.save()
    Resource.objects.update(name=f"{HOSTILE}Contoso")
    if not endpoint.project:
        project = Project.objects.first()
        Endpoint.objects.update(project=project)
    for rows in (Endpoint, SpeechModel, Project):
        rows.objects.update(display_name=Concat(Value(HOSTILE), F("display_name")))
    Endpoint.objects.update(description=f"{HOSTILE}text", owner=alice.user.username, changed_by=alice.user.username)
    Endpoint.objects.update(model_name=f"{HOSTILE}model")
    row = Endpoint.objects.get()
    other.refresh_from_db()
    request_model(alice, row, other, reason=f"{HOSTILE}because")
    pause_resource(row.resource, actor=alice.user, reason=f"{HOSTILE}rotated")
    with events_rewritten():
        Event.objects.update(endpoint_name=row.display_name)
    saved_views.save(actor=alice.user, name=f"{HOSTILE}view", query="locale=en-US", shared=True)
    return row


def addresses(endpoint):
    found = {name: reverse(f"endpoints:{name}") for name in PAGES}
    found["search"] += f"?q={NAME}"
    return found | {name: reverse(f"endpoints:{name}", args=[endpoint.pk]) for name in OF_ENDPOINT}


def test_no_page_has_a_character_that_turns_text_around(admin_client, hostile):
    for name, address in addresses(hostile).items():
        html = admin_client.get(address).content.decode()
        kept = re.sub(r'<textarea.*?</textarea>|value="[^"]*"', "", html, flags=re.DOTALL)
        assert not {*MARKS} & {*kept}, name
        assert "Zq\u25a1" in html or name in ("settings", "downloads"), name


def test_each_name_is_isolated_from_the_text_around_it(admin_client, hostile):
    loose = {}
    for name, address in addresses(hostile).items():
        page = Loose()
        page.feed(admin_client.get(address).content.decode())
        if page.found:
            loose[name] = page.found
    assert loose == {}, "\n".join(sorted({f"{k}: {v}" for k, vs in loose.items() for v in vs}))


def test_a_name_that_is_edited_keeps_its_characters(admin_client, hostile):
    Change.objects.update(state=ChangeState.CANCELED)
    form = admin_client.get(reverse("endpoints:edit", args=[hostile.pk])).content.decode()
    assert f'value="{hostile.display_name}"' in form


@pytest.mark.parametrize("mark", MARKS)
def test_a_character_that_turns_text_around_is_shown_and_does_nothing(mark):
    assert visible(f"<bdi>invoice{mark}txt.exe</bdi>") == "<bdi>invoice\u25a1txt.exe</bdi>"
    typed = f'<input name="a" value="{mark}"><textarea rows="2">{mark}</textarea>'
    assert visible(typed + mark) == f"{typed}\u25a1"


def test_a_file_of_the_list_has_names_as_they_are(admin_client, hostile):
    assert hostile.display_name in admin_client.get("/endpoints/export/").getvalue().decode()
