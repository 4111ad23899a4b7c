"""Numbers as people read them: with separators between the thousands, in their language."""

import pytest
from django.utils import translation

from endpoints.models import Endpoint, Event
from endpoints.models.event import Verb
from endpoints.models.numbers import grouped


@pytest.mark.parametrize(("language", "text"), [("en", "10,000"), ("de", "10.000")])
def test_thousands_are_separated_as_the_language_does(language, text):
    with translation.override(language):
        assert grouped(10_000) == text
        assert grouped(999) == "999"
        assert text in Event(verb=Verb.LOGS_READY, facts={"files": 10_000}).text


def test_a_name_of_digits_is_no_number():
    assert "20260915" in Event(verb=Verb.DEPLOYED, facts={"model": "20260915"}).text


def test_the_list_says_a_thousand_endpoints_with_a_separator(bob, resource):
    Endpoint.objects.bulk_create(Endpoint(resource=resource, display_name=f"Line {n}") for n in range(1000))
    assert "1,000 endpoints" in bob.get("/endpoints/").content.decode()
