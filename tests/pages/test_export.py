"""Export of the filtered list or of selected endpoints as CSV."""

import csv
import gc
import io
import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints.models import Endpoint, SpeechModel

FILE = "/endpoints/export/"


@pytest.fixture
def few(resource, world, worker):
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    return list(Endpoint.objects.order_by("-created_at", "-pk"))


def rows(client, query=None):
    answer = client.get(FILE, query or {})
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_a_row_says_what_the_list_says_and_more(bob, few):
    found = {row["Endpoint ID"]: row for row in rows(bob)}
    assert len(found) == 12
    one = Endpoint.objects.filter(status="Succeeded").exclude(model=None)[0]
    row = found[one.remote_id]
    assert row["Address"] == f"http://testserver{one.get_absolute_url()}"
    assert row["Name"] == one.display_name
    assert row["Project"] == (one.project.display_name if one.project else "")
    assert (row["Speech resource"], row["Service region"]) == ("Contoso", "eastus")
    assert (row["Model"], row["Model ID"]) == (one.model.display_name, one.model.remote_id)
    assert row["Model kind"] in ("Base model", "Custom model")
    assert row["Status"] == "Succeeded"
    assert row["Days left"] == str(one.expiration.days)
    assert row["Owner"] == row["Last change by"] == ""
    assert row["Content logging"] == ("On" if one.logging_enabled else "Off")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["Created"])


def test_programs_get_the_same_as_json_in_english_whatever_the_language(bob, few):
    Endpoint.objects.filter(pk=few[0].pk).update(owner="alice", changed_by="bob", display_name='She said "Grüße"')
    answer = bob.get(FILE, {"format": "json"}, headers={"Accept-Language": "de"})
    assert answer["Content-Type"] == "application/json"
    assert answer["Content-Disposition"].endswith('.json"')
    found = {row["id"]: row for row in json.loads(answer.getvalue())}
    assert len(found) == 12
    row = found[few[0].remote_id]
    assert (row["name"], row["owner"], row["last_change_by"]) == ('She said "Grüße"', "alice", "bob")
    assert (row["resource"], row["region"], row["model_id"]) == ("Contoso", "eastus", few[0].model.remote_id)
    assert row["content_logging"] in ("On", "Off")
    assert isinstance(row["days_left"], int)


def test_it_is_a_file_with_the_day_in_its_name(bob, few):
    answer = bob.get(FILE)
    assert answer.streaming
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    day = timezone.localdate().isoformat()
    assert answer["Content-Disposition"] == f'attachment; filename="endpoints-{day}.csv"'
    assert answer.getvalue().startswith(b"\xef\xbb\xbfEndpoint ID,")


def test_a_german_file_is_split_by_semicolons_as_excel_there_expects(bob, few):
    answer = bob.get(FILE, headers={"Accept-Language": "de"})
    assert answer.getvalue().decode().startswith("\ufeffEndpunkt-ID;Adresse;")


def test_it_has_the_selected_rows_or_those_that_match_the_filters(bob, few):
    ticked = rows(bob, {"endpoint": [str(one.pk) for one in few[:3]], "locale": "xx-XX"})
    assert [row["Endpoint ID"] for row in ticked] == [one.remote_id for one in few[:3]]
    locale = few[0].locale
    matching = [one.remote_id for one in few if one.locale == locale]
    assert [row["Endpoint ID"] for row in rows(bob, {"locale": locale})] == matching
    everything = {"all": "1", "locale": locale, "endpoint": str(few[0].pk)}
    assert [row["Endpoint ID"] for row in rows(bob, everything)] == matching
    assert rows(bob, {"q": "no such thing"}) == []


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_is_never_a_formula(bob, endpoint, begin):
    Endpoint.objects.update(display_name=f'{begin}HYPERLINK("http://example.org","x")', description="a, b\nc")
    (row,) = rows(bob)
    assert row["Name"] == f'\'{begin}HYPERLINK("http://example.org","x")'
    assert row["Description"] == "a, b\nc"


def test_an_expired_model_has_days_below_zero_as_a_number(bob, endpoint):
    SpeechModel.objects.update(expires_at=timezone.now() - timedelta(days=2, hours=1))
    assert rows(bob)[0]["Days left"] == "-3"


def endpoints_in_memory():
    return sum(type(thing) is Endpoint for thing in gc.get_objects())


def test_a_long_list_takes_no_more_memory_than_a_short_one(bob, endpoint):
    def made(count):
        Endpoint.objects.bulk_create(
            Endpoint(resource=endpoint.resource, display_name=f"Many {number}", locale="en-US", model=endpoint.model)
            for number in range(count)
        )

    counts = []
    bob.get(FILE).getvalue()  # fills the caches of this process
    for more in (500, 1000):
        made(more)
        gc.collect()
        before = endpoints_in_memory()
        with CaptureQueriesContext(connection) as captured:
            for line, _text in enumerate(bob.get(FILE).streaming_content):
                if line == 499:
                    alive = endpoints_in_memory() - before
        counts.append(len(captured))
        assert alive < 1100
    assert line == 1501
    assert counts[1] == counts[0]
