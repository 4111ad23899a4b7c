"""PURPOSE_REQUIRED holds for every way to content: a walk over all addresses finds none without a purpose."""

import io
import json
import zipfile
from html import unescape

import pytest
from django.urls import reverse

from endpoints.logs.download import requests as downloads
from endpoints.models import Download, Event, Trial
from endpoints.models.event import Verb
from tests.logs.steps import request_purge
from tests.test_permissions import PATTERNS

CONTENT = {"logs", "log-entry", "log-audio", "log-transcript", "logs-purge", "download-file"}
CONTENT |= {"who-answers-logs", "who-answers-trial"}
HTMX = {"HX-Request": "true", "HX-Target": "entries"}


@pytest.fixture
def said(kept):
    return kept.log_entries.exclude(text="").order_by("pk").first()


@pytest.fixture
def zipped(kept, lena, worker):
    """A zip that lena has requested."""
    return worker.download(downloads.request_download(actor=lena.user, endpoint=kept, purpose="Complaint 4711"))


def body(answer):
    found = b"".join(answer)
    if found.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(found)) as archive:
            found = b"".join(archive.read(name) for name in archive.namelist())
    return found


def has_content(answer, said):
    found = body(answer)
    texts = (said.text, json.dumps(said.text)[1:-1])
    return found.startswith(b"RIFF") or any(text in unescape(found.decode(errors="replace")) for text in texts)


def giving(person, said, pks, names=tuple(PATTERNS)):
    """Those of these addresses' names that give content, by whatever id, with whatever of these parameters."""
    found = set()
    heard = Trial.sealed([{"by": by, "text": said.text} for by in ("endpoint", "base")])  # by somebody else
    trial = Trial.objects.create(endpoint=said.endpoint, purpose="probe", answers=heard, ended_at=said.at)
    known = {"entry": said.pk, "trial": trial.pk, "name": person.user.get_username()}
    queries = ({}, {"entry": said.pk}, {"all": "1", "q": said.text.split()[0]}, {"version": "old"})
    for name in names:
        parts = PATTERNS[name]
        for pk in pks if "pk" in parts else [None]:
            given = {part: {"pk": pk, **known}[part] for part in parts}
            address = reverse(f"endpoints:{name}", kwargs=given)
            answers = [person.get(address, query, headers=headers) for query in queries for headers in ({}, HTMX)]
            if name == "logs-purge":
                answers.append(person.post(address, {"entry": said.pk}))
            found |= {name for answer in answers if has_content(answer, said)}
    return found


def test_no_address_gives_content_without_a_purpose(alice, kept, said, zipped, settings):
    pks = [kept.pk, zipped.pk, request_purge(alice, kept, keys=["none"]).pk]
    assert giving(alice, said, pks) == CONTENT
    settings.PURPOSE_REQUIRED = True
    assert giving(alice, said, pks) == set()
    alice.post(reverse("endpoints:logs", args=[kept.pk]), {"purpose": "Audit"})
    assert giving(alice, said, pks, CONTENT) == CONTENT


def test_a_zip_that_somebody_else_made_is_given_out_with_a_purpose_of_ones_own(alice, lena, kept, zipped, settings):
    settings.PURPOSE_REQUIRED = True
    address = reverse("endpoints:download-file", args=[zipped.pk])
    assert body(lena.get(address))
    for ask in (alice.get, alice.head):
        assert ask(address)["Location"] == reverse("endpoints:logs", args=[kept.pk])
    assert "Purpose" in alice.get(address, follow=True).content.decode()
    alice.post(reverse("endpoints:logs", args=[kept.pk]), {"purpose": "Audit"})
    assert body(alice.get(address))
    taken = Event.objects.filter(verb=Verb.LOGS_DOWNLOADED).values_list("actor_name", "detail")
    assert set(taken) == {("lena", "Complaint 4711"), ("alice", "Audit")}


def test_a_zip_of_ones_own_from_before_purposes_were_required_needs_one_too(lena, kept, zipped, settings):
    Download.objects.update(purpose="")
    address = reverse("endpoints:download-file", args=[zipped.pk])
    assert body(lena.get(address))
    settings.PURPOSE_REQUIRED = True
    assert lena.get(address).status_code == 302


def test_a_purpose_is_for_one_endpoint(alice, kept, said, settings):
    settings.PURPOSE_REQUIRED = True
    other = type(kept).objects.exclude(pk=kept.pk).exclude(remote_id=None).first()
    alice.post(reverse("endpoints:logs", args=[other.pk]), {"purpose": "Audit"})
    assert not has_content(alice.get(reverse("endpoints:logs", args=[kept.pk])), said)
