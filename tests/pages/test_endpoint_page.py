"""The endpoint's page: what it shows and offers in each state, and to whom."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints import audit
from endpoints.changes import decisions, submit
from endpoints.models import Change, Endpoint, Resource
from endpoints.models.connection import Auth
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState


def page_of(person, endpoint, tab="detail", **query):
    return person.get(reverse(f"endpoints:{tab}", args=[endpoint.pk]), query).content.decode()


TABS = ("detail", "sample-code", "content-logging", "history")


def test_facts_and_code_have_copy_buttons_that_wait_for_the_script(bob, endpoint):
    page = "".join(page_of(bob, endpoint, tab) for tab in TABS)
    for what in ("endpoint-url", "endpoint-id", "region", "install", "code", "run"):
        assert f'data-copy="{what}"' in page
        assert f'id="{what}"' in page
    assert page.count("data-copy=") == page.count('data-done="Copied" hidden>')


def test_only_a_key_can_be_copied_and_not_the_reason_why_there_is_none(alice, endpoint):
    address = reverse("endpoints:key", args=[endpoint.pk])
    assert 'data-copy="endpoint-key"' in alice.post(address).content.decode()
    Resource.objects.update(auth=Auth.MANAGED_IDENTITY)
    page = alice.post(address).content.decode()
    assert "uses Microsoft Entra and" in page
    assert 'data-copy="endpoint-key"' not in page


def test_the_tabs_of_the_page_with_the_key_lead_to_addresses_that_can_be_opened(alice, endpoint):
    page = alice.post(reverse("endpoints:key", args=[endpoint.pk])).content.decode()
    for tab in TABS:
        assert f'href="{reverse(f"endpoints:{tab}", args=[endpoint.pk])}"' in page


def test_each_tab_has_a_title_and_one_section_and_marks_itself(bob, endpoint):
    labels = dict(zip(TABS, ("Overview", "Sample code", "Content logging", "History"), strict=True))
    for tab, label in labels.items():
        page = page_of(bob, endpoint, tab)
        assert f"<title>{label} - {endpoint.display_name} - Speech Studio</title>" in page
        assert f'<h2 class="visually-hidden">{label}</h2>' in page
        assert page.count('<h2 class="visually-hidden">') == 1
        assert re.findall(r'id="tab-([^"]+)"[^>]* aria-current="page"', page) == [tab]


def test_the_addresses_that_sections_had_before_they_were_tabs_still_show_them(alice, endpoint):
    page = page_of(alice, endpoint, sample="curl")
    assert 'aria-label="Sample code (curl)"' in page
    assert f"<title>History - {endpoint.display_name}" in page_of(alice, endpoint, history="all")
    remote = reverse("endpoints:history", args=[endpoint.remote_id])
    assert alice.get(remote)["Location"] == reverse("endpoints:history", args=[endpoint.pk])


@pytest.mark.parametrize(("logging", "word"), [(True, "off"), (False, "on")])
def test_logging_is_switched_by_people_with_permission_and_is_explained(alice, bob, endpoint, logging, word):
    Endpoint.objects.update(logging_enabled=logging)
    page = page_of(alice, endpoint, "content-logging")
    assert f"Turn content logging {word}</a>" in page
    assert reverse("endpoints:edit", args=[endpoint.pk]) in page
    page = page_of(bob, endpoint, "content-logging")
    assert "Turn content logging" not in page
    for meaning in ("30 days", "personal data", "overrides the client", "Under heavy load", "permission to read"):
        assert meaning in page


def test_logging_that_the_version_does_not_allow_is_not_offered_and_says_why(alice, endpoint):
    Endpoint.objects.update(logging_enabled=False)
    Resource.objects.update(capabilities={"logging_needs_own_storage": True}, api_version="2025-10-15")
    page = page_of(alice, endpoint, "content-logging")
    assert "Turn content logging" not in page
    assert "API version 2025-10-15 logs only to your own storage" in page
    assert "30 days" not in page


def test_an_endpoint_is_cloned_by_those_who_may_deploy(alice, bob, endpoint):
    clone = f"{reverse('endpoints:new')}?clone={endpoint.pk}"
    assert clone in page_of(alice, endpoint)
    assert clone not in page_of(bob, endpoint)


def test_links_to_the_documentation_do_not_reveal_the_page(bob, endpoint):
    page = "".join(page_of(bob, endpoint, tab) for tab in TABS)
    assert page.count('href="https://learn.microsoft.com/') >= 7
    assert page.count('href="https://') == page.count('rel="noreferrer"')


def test_an_endpoint_that_is_gone_offers_no_code_to_call_it(alice, endpoint):
    Endpoint.objects.update(gone_at=timezone.now())
    page = "".join(page_of(alice, endpoint, tab) for tab in TABS)
    assert "This endpoint was deleted in Azure" in page
    assert "no longer exists in Azure" in page
    for offer in ("Change model</a>", "Clone</a>", "Turn content logging"):
        assert offer not in page


def test_a_canceled_deployment_is_not_called_deleted_in_azure(alice, endpoint):
    change = submit.create(key=uuid.uuid4(), actor=alice.user, model=endpoint.model, display_name="Never")
    assert decisions.cancel(change, actor=alice.user)
    page = page_of(alice, change.endpoint)
    assert "was never created in Azure" in page
    assert "deleted in Azure" not in page


def test_the_title_has_what_is_requested_beside_what_serves(alice, endpoint):
    change = {"kind": ChangeKind.CHANGE_MODEL, "state": ChangeState.DEPLOYING, "model_name": "Hotline 2026-09"}
    Change.objects.create(endpoint=endpoint, model=endpoint.model, actor=alice.user, **change)
    states = page_of(alice, endpoint).partition('<span class="states">')[2].partition("</bdi>")[0]
    assert "<span>Succeeded</span>" in states
    assert 'class="requested requested-going"' in states
    assert states.endswith(">Hotline 2026-09")


def test_an_endpoint_that_failed_says_what_can_be_done(alice, bob, endpoint):
    Endpoint.objects.update(status="Failed", error="The model is broken.")
    assert "The model is broken." in page_of(bob, endpoint)
    assert "Change the model to deploy again" not in page_of(bob, endpoint)
    assert "Change the model to deploy again" in page_of(alice, endpoint)


def rows(page):
    return page.partition('id="history-rows"')[2].count("Reason ")


def test_a_long_history_begins_with_the_newest_and_the_rest_is_a_link_away(alice, endpoint):
    closed = {"kind": ChangeKind.EDIT, "state": ChangeState.DONE, "closed_at": timezone.now()}
    Change.objects.bulk_create(Change(endpoint=endpoint, reason=f"Reason {n}.", **closed) for n in range(50))
    for _n in range(12):
        audit.record(Verb.EDITED, endpoint=endpoint)
    page = page_of(alice, endpoint, "history")
    assert rows(page) == 10
    assert "history/?history=all" in page
    page = page_of(alice, endpoint, "history", history="all")
    assert rows(page) == 50
    assert "Show earlier history" not in page


def test_the_list_of_shortcuts_is_a_page_too_and_has_those_that_the_person_may_use(alice, bob):
    address = reverse("endpoints:shortcuts")
    assert f'href="{address}"' in alice.get(address).content.decode()
    assert 'data-keys="n"' in alice.get(address).content.decode()
    page = bob.get(address).content.decode()
    assert 'data-keys="g m"' in page
    assert 'data-keys="n"' not in page
    assert 'data-keys="g c"' not in page
    assert 'data-keys="g d"' not in page


def test_the_page_and_change_model_have_ids_and_api_addresses(alice, endpoint, other):
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    api = f"{endpoint.resource.endpoint_url}/speechtotext/v3.2"
    model = f"{api}/models/{'base/' if endpoint.model.kind == 'base' else ''}{endpoint.model.remote_id}"
    for value in (endpoint.remote_id, f"{api}/endpoints/{endpoint.remote_id}", endpoint.model.remote_id, model):
        assert f">{value}</code>" in page
    assert "For batch transcription, use the API address of the model" in page
    change_model = reverse("endpoints:change-model", args=[endpoint.pk])
    page = alice.get(change_model, {"model": other.pk}).content.decode()
    for value in (endpoint.model.remote_id, model, other.remote_id):
        assert f">{value}</code>" in page
    card = alice.get(change_model, {"model": other.pk}, headers={"HX-Request": "true", "HX-Target": "new-model"})
    assert f"{endpoint.resource.endpoint_url}/speechtotext/v3.2/models/" in card.content.decode()
