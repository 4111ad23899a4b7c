"""Without JavaScript, a browser sends the empty fields of a form too: each page moves to its address without them."""

import re

import pytest
from django.urls import reverse

from endpoints.models import Favorite

OF_NOTHING = ("list", "new", "bulk", "views", "all-logs", "downloads", "models", "activity", "resources", "settings")
PAGES = (*OF_NOTHING, "resource-new", "help", "search", "shortcuts", "export", "activity-export")
OF_ENDPOINT = ("detail", "sample-code", "content-logging", "history", "change-model", "edit", "delete", "logs")
PAGES_OF_ENDPOINT = (*OF_ENDPOINT, "log-days", "logs-purge", "download")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def address(endpoint):
    def of(name):
        return reverse(f"endpoints:{name}", args=[endpoint.pk] if name in PAGES_OF_ENDPOINT else [])

    return of


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_page_moves_to_its_address_without_empty_parameters(admin_client, address, method):
    ask = getattr(admin_client, method)
    for name in (*PAGES, *PAGES_OF_ENDPOINT):
        here = address(name)
        answer = ask(f"{here}?q=&b=2&kind=a%20b&from=&b=1&kind=%C3%BC&to")
        assert (answer.status_code, answer["Location"]) == (302, f"{here}?b=2&kind=a%20b&b=1&kind=%C3%BC")
        assert ask(answer["Location"]).get("Location") != answer["Location"]


def test_a_page_with_nothing_but_empty_parameters_moves_to_its_address(admin_client, address):
    for name in (*PAGES, *PAGES_OF_ENDPOINT):
        here = address(name)
        assert admin_client.get(f"{here}?q=&page=")["Location"] == (f"{here}?view=all" if name == "list" else here)


def test_the_table_has_each_page_that_a_form_leads_to_with_its_fields_in_the_address(admin_client, address):
    known = {address(name) for name in (*PAGES, *PAGES_OF_ENDPOINT)}
    targets = set()
    for here in known:
        html = b"".join(admin_client.get(here, follow=True)).decode()
        for form in re.findall(r"<form([^>]*)>", html):
            if 'method="get"' in form:
                action = re.search(r' action="([^"]*)"', form)
                targets.add(action[1] if action else here)
    assert len(targets) > 5
    assert targets <= known


def test_the_parts_that_scripts_load_are_answered_as_they_are(bob, endpoint):
    assert bob.get("/endpoints/?q=&locale=", headers=HTMX).status_code == 200
    back = {**HTMX, "HX-History-Restore-Request": "true"}
    assert bob.get("/endpoints/?q=&locale=de-DE", headers=back)["Location"] == "/endpoints/?locale=de-DE"


def test_what_is_sent_to_be_stored_or_by_machines_is_answered_as_it_is(alice, bob, endpoint):
    alice.post("/endpoints/favorite/?q=", {"endpoint": endpoint.pk})
    assert Favorite.objects.exists()
    for machine in ("/health/live?q=", "/health/ready?q=", "/models/expirations.ics?token="):
        assert bob.get(machine).status_code != 302
    assert bob.get("/hooks/speech/none?validationToken=").status_code != 302
    assert bob.get("/sign-in/?next=&q=").status_code == 302  # because bob has signed in
    assert bob.get("/no-such-page/?q=").status_code == 404


def test_an_empty_choice_stays_so_that_it_is_not_taken_for_everything(alice, endpoint):
    assert alice.get("/endpoints/export/?endpoint=").getvalue().count(b"\n") == 1
    answer = alice.get("/endpoints/export/?q=&endpoint=")
    assert answer["Location"] == "/endpoints/export/?endpoint="


def test_a_person_with_a_default_view_can_clear_all_filters(bob, endpoint):
    bob.post("/endpoints/views/", {"name": "German", "query": "locale=de-DE"})
    page = bob.get("/endpoints/?q=&locale=&sort=", follow=True)
    assert page.redirect_chain == [("/endpoints/?view=all", 302)]
    assert page.status_code == 200
