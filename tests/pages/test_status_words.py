"""The column Status keeps what serves and what has been requested apart; the filter uses the words of the rows."""

import html
import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from endpoints.changes import submit
from endpoints.changes.bulk import shown_state
from endpoints.mirror.resource_states import pause_resource, resume_resource
from endpoints.models import Change, Endpoint, Resource, SpeechModel
from endpoints.models.status import ChangeState
from endpoints.pages.endpoint_list.statuses import WORDS
from tests.changes.requests import request_model
from tests.conftest import fitting
from tests.pages.reading import endpoint_ids

PAUSED = "Waiting: resource paused"
SAID = f"<span>{PAUSED}</span>"


@pytest.fixture
def third(endpoint, other):
    return fitting(endpoint).exclude(pk=other.pk)[0]


@pytest.fixture
def every_state(alice, resource, world, worker):
    """Endpoints that serve or not, with a change in each state, or without one."""
    world.begin(endpoints=24, rate_limit="0/0")
    world.stop()
    worker.mirror()
    free = list(Endpoint.objects.filter(status="Succeeded").exclude(model=None))
    states = [
        ChangeState.QUEUED,
        ChangeState.SENDING,
        ChangeState.UNKNOWN,
        ChangeState.DEPLOYING,
        ChangeState.UNDECIDED,
    ]
    for state, endpoint in zip(states, free, strict=False):
        change = request_model(alice, endpoint, fitting(endpoint)[0])
        sent = {"sent_at": timezone.now(), "attempt": 1} if state != ChangeState.QUEUED else {}
        Change.objects.filter(pk=change.pk).update(state=state, **sent)
    later = timezone.now() + timedelta(days=1)
    for serves, endpoint in zip(("Succeeded", "Failed"), free[len(states) :], strict=False):
        model = fitting(endpoint)[0]
        if serves == "Failed":
            Endpoint.objects.filter(pk=endpoint.pk).update(status="Failed", error="It is lost.")
            endpoint.refresh_from_db()
        submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=model, at=later)
    submit.create(key=uuid.uuid4(), actor=alice.user, model=SpeechModel.objects.deployable()[0], display_name="New")
    Endpoint.objects.filter(pk=free[-1].pk).update(status="Running")
    paused = Resource.objects.create(name="Paused", url="http://paused.example", paused_at=timezone.now())
    for state, endpoint in zip((ChangeState.QUEUED, ChangeState.DEPLOYING), free[-3:-1], strict=True):
        change = request_model(alice, endpoint, fitting(endpoint)[0])
        Change.objects.filter(pk=change.pk).update(state=state)
        Endpoint.objects.filter(pk=endpoint.pk).update(resource=paused)
    world.go()


def cells(client):
    """The words of each row's status: what serves, and what has been requested."""
    page = client.get("/endpoints/").content.decode()
    found = {}
    for pk, cell in re.findall(r'<tr id="endpoint-([^"]+)".*?<td class="col-status"[^>]*>(.*?)</td>', page, re.DOTALL):
        found[pk] = set(re.findall(r"</svg>\s*<span>([^<]+)</span>", cell))
    return found


def test_each_word_of_the_filter_finds_the_rows_that_say_it(bob, every_state):
    said = cells(bob)
    assert {word for words in said.values() for word in words} == set(map(str, WORDS.values()))
    for value, word in WORDS.items():
        rows = {pk for pk, words in said.items() if str(word) in words}
        assert set(endpoint_ids(bob.get("/endpoints/", {"status": value}))) == rows, word


def test_while_another_model_is_deployed_the_row_says_what_serves_and_what_comes(alice, endpoint, other, world, worker):
    serving = endpoint.model
    world.stop()
    change = worker.step(request_model(alice, endpoint, other))
    worker.mirror()
    assert change.state == ChangeState.DEPLOYING
    row = alice.get("/endpoints/").content.decode().partition('<td class="col-status"')[2].partition("</tr>")[0]
    status, _, model = row.partition('<td class="col-model"')
    assert (">Succeeded<" in status, ">Deploying<" in status, str(other) in status) == (True, True, True)
    assert (str(serving) in model, str(other) in model) == (True, False)
    world.go()


def test_a_scheduled_change_takes_no_endpoint_out_of_what_serves(alice, endpoint, other):
    at = timezone.now() + timedelta(hours=5)
    submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=other, at=at)
    for value in ("Succeeded", "scheduled"):
        assert endpoint_ids(alice.get("/endpoints/", {"status": value})) == [str(endpoint.pk)]


@pytest.mark.parametrize("address", ["/endpoints/", "an endpoint"])
def test_an_open_page_learns_that_a_change_waits_for_a_paused_resource(alice, endpoint, other, address):
    """And that it goes on, as soon as somebody resumes the resource."""
    request_model(alice, endpoint, other)
    here = endpoint.get_absolute_url() if address == "an endpoint" else address

    def news(page):
        poll = html.unescape(re.search(r'hx-get="([^"]*version=[^"]*)"', page)[1])
        target = "deployment" if address == "an endpoint" else "endpoints"
        return alice.get(poll, headers={"HX-Request": "true", "HX-Target": target})

    page = alice.get(here).content.decode()
    assert (SAID in page, "<span>Queued</span>" in page, "every 2s" in page) == (False, True, True)
    assert news(page).status_code == 204
    pause_resource(endpoint.resource, actor=alice.user)
    page = news(page).content.decode()
    assert (SAID in page, "every 2s" in page) == (True, False)
    assert endpoint_ids(alice.get("/endpoints/?status=paused")) == [str(endpoint.pk)]
    assert endpoint_ids(alice.get("/endpoints/?status=queued")) == []
    resume_resource(endpoint.resource, actor=alice.user)
    assert SAID not in news(page).content.decode()
    assert endpoint_ids(alice.get("/endpoints/?status=queued")) == [str(endpoint.pk)]


def test_what_is_scheduled_for_later_or_needs_a_decision_does_not_wait_for_a_resource(alice, endpoint, other):
    change = request_model(alice, endpoint, other, at=timezone.now() + timedelta(days=1))
    pause_resource(endpoint.resource, actor=alice.user)
    for facts, word in (({}, "Scheduled"), ({"scheduled_for": None, "state": "undecided"}, "Needs a decision")):
        Change.objects.filter(pk=change.pk).update(updated_at=timezone.now(), **facts)
        (words,) = cells(alice).values()
        assert word in words
        assert PAUSED not in words


def test_the_progress_of_a_bulk_change_says_that_a_resource_is_paused(alice, endpoint):
    change = submit.edit(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, desired={"display_name": "Another"})
    pause_resource(endpoint.resource, actor=alice.user)
    change.endpoint.resource.refresh_from_db()
    assert shown_state(change).label == PAUSED


def test_a_first_deployment_serves_nothing_yet(alice, mirrored):
    model = SpeechModel.objects.deployable()[0]
    submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="New")
    row = alice.get("/endpoints/").content.decode().partition('<td class="col-status"')[2].partition("</tr>")[0]
    status, _, rest = row.partition('<td class="col-model"')
    assert (">Not serving yet<" in status, str(model) in status) == (True, True)
    assert str(model) not in rest
    assert '<span class="line-1">–<' in rest


@pytest.mark.parametrize(("usual", "bar"), [(12, True), (None, False)])
def test_the_bar_of_a_deployment_needs_earlier_ones(alice, endpoint, other, third, world, worker, usual, bar):
    if usual:
        done = worker.step(request_model(alice, endpoint, other))
        world.advance(3600)
        worker.step(done)
        Change.objects.update(closed_at=done.sent_at + timedelta(minutes=usual))
    world.stop()
    change = worker.step(request_model(alice, Endpoint.objects.get(), third))
    Change.objects.filter(pk=change.pk).update(accepted_at=timezone.now() - timedelta(minutes=4))
    page = alice.get("/endpoints/").content.decode()
    assert (f'<progress max="{usual}" value="4" aria-label="4 of ~{usual} min">' in page) == bar
    assert ("<progress" in page) == bar
    world.go()
