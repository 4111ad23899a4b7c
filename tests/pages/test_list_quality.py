"""The quality of recognition in the list of endpoints: a column and a filter, once the logs of any tell something."""

import re

import pytest
from django.utils import timezone

from endpoints.access.door.versions import DataVersion
from endpoints.models import Endpoint, Quality
from endpoints.models.quality import QualityVerdict
from endpoints.watch.quality import verdicts
from tests.pages.reading import endpoint_ids

WORDS = {"worse": "Worse", "better": "Better", "same": "No change", "silent": "No speech"}


@pytest.fixture
def judged(resource, world, worker):
    """An endpoint for each word, by it; others have none."""
    world.begin(endpoints=6, rate_limit="0/0")
    worker.mirror()
    of = dict(zip(WORDS, Endpoint.objects.order_by("pk"), strict=False))
    for word, endpoint in of.items():
        told = {"verdict": QualityVerdict.SAME, "silent_days": 5} if word == "silent" else {"verdict": word}
        Quality.objects.create(endpoint=endpoint, judged_at=timezone.now(), **told)
    return of


def cell(client, endpoint):
    page = client.get("/endpoints/").content.decode()
    row = re.search(rf'<tr id="endpoint-{endpoint.pk}".*?</tr>', page, re.DOTALL)[0]
    found = re.search(r'class="col-quality"[^>]*>(.*?)</td>', row, re.DOTALL)
    return " ".join(re.sub("<[^>]*>", " ", found[1]).split()) if found else None


def test_before_logs_tell_anything_there_is_no_column_and_no_filter(bob, endpoint):
    Quality.objects.create(endpoint=endpoint, verdict=QualityVerdict.TOO_FEW)
    page = bob.get("/endpoints/").content.decode()
    assert "col-quality" not in page
    assert 'id="filter-quality"' not in page


def test_each_word_is_in_the_column_and_is_a_filter(bob, judged):
    for word, endpoint in judged.items():
        assert cell(bob, endpoint) == WORDS[word]
        assert endpoint_ids(bob.get("/endpoints/", {"quality": word})) == [str(endpoint.pk)]
    other = Endpoint.objects.exclude(pk__in=[one.pk for one in judged.values()]).first()
    assert cell(bob, other) == ""


def test_another_word_is_news_for_open_lists_and_the_same_word_is_not(endpoint):
    Quality.objects.create(endpoint=endpoint, verdict=QualityVerdict.TOO_FEW)
    before = DataVersion.now().version
    verdicts.update(endpoint)
    assert DataVersion.now().version == before
    Quality.objects.update(verdict=QualityVerdict.WORSE)  # until now
    verdicts.update(endpoint)
    assert DataVersion.now().version != before
