"""Search over endpoints, models, pages and actions: the page, and the results of the command palette."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.mirror import resources
from endpoints.models import Change, Endpoint, SpeechModel, Status
from endpoints.models.status import ChangeKind, ChangeState

PALETTE = {"HX-Request": "true", "HX-Target": "palette-found"}


@pytest.fixture
def contoso(db):
    return resources.register(name="Contoso", region="eastus", url="", key="a key", api_version="v3.2")


@pytest.fixture
def model(contoso):
    expires = timezone.now() + timedelta(days=20)
    facts = {"kind": "custom", "locale": "en-US", "status": Status.SUCCEEDED, "expires_at": expires}
    return SpeechModel.objects.create(resource=contoso, remote_id="m", display_name="Hotline 2026-03", **facts)


@pytest.fixture
def deployed(contoso, model):
    def make(name, **facts):
        facts = {"model": model, "status": Status.SUCCEEDED, "locale": "en-US", **model.for_endpoint} | facts
        facts = {"remote_id": f"r-{name}"[:36]} | facts
        return Endpoint.objects.create(resource=contoso, display_name=name, **facts)

    return make


def results(person, words, headers=None):
    """The names of the results, by their group."""
    page = person.get("/search/", {"q": words}, headers=headers).content.decode()
    parts = re.split(r'<div class="caption"[^>]*>|<h2[^>]*>(?:<bdi>)?', page)[1:]
    names = {}
    for part in parts:
        label = re.match(r"[^<]*", part)[0]
        names[label] = re.findall(r'class="cut" title="([^"]*)"', part)
    return names


def test_endpoints_come_by_name_first_then_by_model(bob, deployed):
    deployed("Callback line")
    deployed("Hotel desk")
    deployed("The hotline")
    found = results(bob, "hot", PALETTE)
    assert found["Endpoints"] == ["Hotel desk", "The hotline", "Callback line"]
    assert found["Models"] == ["Hotline 2026-03"]


def test_what_was_searched_is_marked_and_other_text_is_not(bob, deployed):
    deployed("Hot <b>desk")
    page = bob.get("/search/?q=hot", headers=PALETTE).content.decode()
    assert "<mark>Hot</mark> &lt;b&gt;desk" in page
    assert "<mark>Hot</mark>line 2026-03" in page


def test_an_endpoint_that_is_found_by_its_model_says_the_model(bob, deployed):
    deployed("Callback line")
    page = bob.get("/search/?q=hotline", headers=PALETTE).content.decode()
    assert "Model <mark>Hotline</mark> 2026-03" in page


def test_without_words_all_pages_and_actions_are_offered_that_this_person_may_use(alice, bob):
    assert results(bob, "", PALETTE) == {
        "Actions": ["Export the endpoints", "Saved views"],
        "Pages": [
            "Deploy models",
            "Models",
            "Addresses",
            "Alerts",
            "Activity",
            "Settings",
            "Help",
            "Keyboard shortcuts",
        ],
    }
    everything = results(alice, "", PALETTE)
    assert everything["Actions"][:2] == ["Deploy model", "Add an address"]
    assert {"Content logs", "Downloads", "Resources"} <= set(everything["Pages"])


def test_actions_for_the_first_endpoint_are_those_that_this_person_may_do(alice, bob, lena, deployed):
    deployed("Hotel desk", logging_enabled=True)
    name = "Actions for Hotel desk"
    assert results(alice, "hotel", PALETTE)[name] == ["Change model", "Content logs", "Edit"]
    assert results(lena, "hotel", PALETTE)[name] == ["Content logs"]
    assert name not in results(bob, "hotel", PALETTE)


def test_an_endpoint_that_the_service_does_not_have_yet_has_no_model_to_change(alice, deployed):
    deployed("Hotel desk", remote_id=None)
    assert "Actions for Hotel desk" not in results(alice, "hotel", PALETTE)


def test_an_open_change_is_shown_beside_the_endpoint(bob, alice, deployed, model):
    change = {"kind": ChangeKind.CHANGE_MODEL, "state": ChangeState.DEPLOYING, "model": model, "actor": alice.user}
    Change.objects.create(endpoint=deployed("Hotel desk"), **change)
    page = bob.get("/search/?q=hotel", headers=PALETTE).content.decode()
    badge = page.partition('class="requested requested-going"')[2].partition("</bdi>")[0]
    assert "<span>Deploying</span>" in badge
    assert badge.endswith(">Change model")


def test_the_palette_shows_few_and_its_last_option_leads_to_all(bob, deployed):
    for number in range(12):
        deployed(f"Desk {number}")
    page = bob.get("/search/?q=desk", headers=PALETTE).content.decode()
    assert len(results(bob, "desk", PALETTE)["Endpoints"]) == 5
    last = page.rindex('role="option"')
    assert 'href="/search/?q=desk"' in page[last:]
    assert "All results for “desk”" in page[last:]
    assert "12" in page[last:]
    assert len(results(bob, "desk")["Endpoints"]) == 12


def test_a_page_of_very_many_results_leads_to_the_list(bob, contoso, model):
    Endpoint.objects.bulk_create(
        Endpoint(resource=contoso, display_name=f"Desk {number}", model=model, locale="en-US") for number in range(1500)
    )
    page = bob.get("/search/?q=desk").content.decode()
    assert len(results(bob, "desk")["Endpoints"]) == 50
    assert '<a href="/endpoints/?q=desk">All endpoints that match</a>' in page
    assert "1,001+ results" in page


def test_nothing_found_is_said(bob, db):
    page = bob.get("/search/?q=zzzz").content.decode()
    assert "No endpoints, models, pages, or actions match “zzzz”." in page


@pytest.mark.parametrize("words", ["\0", " " * 300, "%", "'\"*)(", "ß" * 400, "a b " * 200])
def test_any_text_can_be_searched(bob, words, deployed):
    deployed("Hotel desk")
    assert bob.get("/search/", {"q": words}).status_code == 200
    assert bob.get("/search/", {"q": words}, headers=PALETTE).status_code == 200


def test_pages_are_found_in_the_language_of_the_reader(bob):
    page = bob.get("/search/?q=einst", headers={**PALETTE, "Accept-Language": "de"}).content.decode()
    assert "<mark>Einst</mark>ellungen" in page


def test_endpoints_whose_name_occurs_twice_say_where_they_belong(bob, mirrored):
    for pk, locale in (("1111", "en-US"), ("2222", "en-US"), ("3333", "de-DE")):
        Endpoint.objects.create(resource=mirrored, remote_id=pk, display_name="Twin", locale=locale)
    page = bob.get("/search/?q=twin", headers={"HX-Request": "true", "HX-Target": "palette-found"}).content.decode()
    assert sorted(re.findall(r'<bdi class="cut">([^<]*)</bdi>', page)[:3]) == [
        "de-DE, 3333",
        "en-US, 1111",
        "en-US, 2222",
    ]
