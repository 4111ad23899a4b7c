"""Which model answers, in the list of endpoints: the column, the red words, the filter, the order, and the export."""

import csv
import io
import json
import re

import pytest
from django.utils import timezone

from endpoints.access.door.versions import DataVersion
from endpoints.models import Endpoint, Probe, Recording
from endpoints.models.probe import Verdict
from tests.pages.reading import endpoint_ids

VERDICTS = (Verdict.CUSTOM, Verdict.BASE, Verdict.CANNOT_TELL, Verdict.NOT_LOGGED, Verdict.UNKNOWN)
WORDS = {
    Verdict.CUSTOM: "Custom model",
    Verdict.BASE: "Base model",
    Verdict.CANNOT_TELL: "Can't tell",
    Verdict.NOT_LOGGED: "Not logged",
    Verdict.UNKNOWN: "Not checked",
}


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=7, rate_limit="0/0")
    worker.mirror()
    return list(Endpoint.objects.order_by("pk"))


def probe(endpoint, verdict, **more):
    recording = Recording.of(b"RIFF", 2.0)
    recording.save(force_insert=True)
    return Probe.objects.create(
        endpoint=endpoint, recording=recording, verdict=verdict, verdict_at=timezone.now(), **more
    )


@pytest.fixture
def probed(many):
    """An endpoint for each verdict, by it; the others have no probe."""
    of = dict(zip(VERDICTS, many, strict=False))
    for verdict, endpoint in of.items():
        probe(endpoint, verdict)
    return of


def row(client, endpoint):
    page = client.get("/endpoints/").content.decode()
    return re.search(rf'<tr id="endpoint-{endpoint.pk}".*?</tr>', page, re.DOTALL)[0]


def cell(client, endpoint, column="who"):
    found = re.search(rf'class="col-{column}"[^>]*>(.*?)</td>', row(client, endpoint), re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", found[1]).replace("&#x27;", "'").split()) if found else None


def test_without_any_probe_there_is_no_column_and_no_filter(bob, many):
    page = bob.get("/endpoints/").content.decode()
    assert 'class="col-who"' not in page
    assert 'id="filter-who"' not in page


def test_each_verdict_has_its_icon_and_its_word(bob, probed, many):
    for verdict, endpoint in probed.items():
        assert cell(bob, endpoint) == WORDS[verdict]
        assert re.search(r'class="col-who"[^>]*><span class="status status-[a-z]+"><svg', row(bob, endpoint))
    assert cell(bob, many[-1]) == ""


def test_a_row_says_in_red_words_that_the_base_model_answers(bob, probed):
    red = '<span class="wrong">The base model answers</span>'
    for verdict, endpoint in probed.items():
        assert (red in row(bob, endpoint)) == (verdict == Verdict.BASE)


def test_the_list_is_filtered_by_verdict_and_by_having_no_probe(bob, probed, many):
    for verdict in VERDICTS[:-1]:
        assert endpoint_ids(bob.get("/endpoints/", {"who": verdict})) == [str(probed[verdict].pk)]
    without = {str(endpoint.pk) for endpoint in many[len(VERDICTS) :]}
    assert set(endpoint_ids(bob.get("/endpoints/", {"who": "none"}))) == without
    assert len(endpoint_ids(bob.get("/endpoints/", {"who": "nobody"}))) == len(many)


def test_the_list_is_sorted_by_verdict(bob, probed):
    assert endpoint_ids(bob.get("/endpoints/", {"sort": "-who"}))[0] == str(probed[Verdict.NOT_LOGGED].pk)
    assert endpoint_ids(bob.get("/endpoints/", {"sort": "who"}))[-1] == str(probed[Verdict.NOT_LOGGED].pk)


def test_a_filter_that_is_set_can_be_cleared_and_saved_with_a_view(bob, probed):
    page = bob.get("/endpoints/", {"who": "base"}).content.decode()
    assert re.search(r'<select id="filter-who".*?<option value="base" selected>', page, re.DOTALL)
    bob.post("/endpoints/views/", {"name": "Base", "query": "who=base"})
    assert "who=base" in bob.get("/endpoints/views/").content.decode()


def test_an_open_list_is_out_of_date_when_a_verdict_changes_and_when_a_probe_is_removed(bob, probed):
    endpoint = probed[Verdict.CUSTOM]
    assert cell(bob, endpoint) == "Custom model"
    before = DataVersion.now().version
    Probe.objects.filter(pk=endpoint.pk).update(verdict=Verdict.BASE, verdict_at=timezone.now())
    changed = DataVersion.now().version
    assert changed != before
    assert cell(bob, endpoint) == "Base model"
    Probe.objects.filter(pk=endpoint.pk).delete()
    assert DataVersion.now().version != changed
    assert cell(bob, endpoint) == ""


def test_a_check_that_finds_the_same_is_no_news_for_the_list(probed):
    before = DataVersion.now().version
    Probe.objects.update(checked_at=timezone.now(), updated_at=timezone.now())
    assert DataVersion.now().version == before


def test_the_export_says_it_in_words(bob, probed):
    by_id = {str(endpoint.remote_id): WORDS[verdict] for verdict, endpoint in probed.items()}
    by_id[str(probed[Verdict.UNKNOWN].remote_id)] = ""
    text = b"".join(bob.get("/endpoints/export/")).decode("utf-8-sig")
    rows = {one["Endpoint ID"]: one["Who answers"] for one in csv.DictReader(io.StringIO(text))}
    assert {pk: rows[pk] for pk in by_id} == by_id
    exported = json.loads(b"".join(bob.get("/endpoints/export/", {"format": "json"})))
    found = exported if isinstance(exported, list) else exported["endpoints"]
    assert {one["id"]: one["who_answers"] or "" for one in found if one["id"] in by_id} == by_id
