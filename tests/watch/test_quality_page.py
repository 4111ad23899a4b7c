"""Recognition quality on the endpoint's page, and the alert about it, from which Go back is one press away."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from endpoints import audit, tasks
from endpoints.messages.alerts import text
from endpoints.models import Alert, AlertChannel, Change, Endpoint, Quality
from endpoints.models.alert import AlertRule
from endpoints.models.quality import QualityVerdict
from endpoints.models.status import ChangeKind
from endpoints.models.verbs import Verb
from endpoints.watch.quality import verdicts, watching
from tests.alerts.looking import SITE, deliver_all, facts, look
from tests.conftest import person
from tests.watch.regimes import changed, log, worse_since_a_change


@pytest.fixture
def worse(long_ago, other):
    """The endpoint, whose recognition is worse since it has another model; `before` is the model that it had."""
    long_ago.before = worse_since_a_change(long_ago, other)
    return long_ago


def section(who, endpoint):
    """The card of the endpoint's page; "" if there is none."""
    page = who.get(endpoint.get_absolute_url()).content.decode()
    found = re.search(r'<section[^>]* id="quality".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def way_back(who, endpoint):
    """The form behind Go back, as what it sends; None if the card has none."""
    form = re.search(r'<form[^>]* action="([^"]*/go-back/)".*?</form>', section(who, endpoint), re.DOTALL)
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0]) if form else []
    return {"action": form[1], **dict(hidden)} if form else None


def test_the_page_shows_nothing_before_logs_have_told_something(long_ago, alice):
    assert section(alice, long_ago) == ""


def test_the_page_shows_the_verdict_the_change_and_the_numbers(worse, other, bob):
    card = section(bob, worse)
    for words in ("Worse since the change", f"Changed to {other.display_name}", "Without a result", "By week", "<svg"):
        assert words in card


def test_go_back_is_one_press_away_for_whoever_may_and_hidden_from_others(worse, alice, bob, lena):
    on_call = person("olga", "on-call")
    for who in (bob, lena):
        assert section(who, worse)
        assert way_back(who, worse) is None
        assert "Go back" not in section(who, worse)
    assert way_back(alice, worse)
    form = way_back(on_call, worse)
    assert f"<bdi>{worse.before}</bdi>" in section(on_call, worse)
    sent = {"key": form["key"], "reason": "Callers aren't understood"}
    assert on_call.post(form["action"], sent)["Location"] == worse.get_absolute_url()
    change = Change.objects.open().get()
    assert (change.kind, change.model, change.reason) == (ChangeKind.CHANGE_MODEL, worse.before, sent["reason"])


def test_while_somebody_goes_back_the_page_does_not_offer_to_go_to_the_worse_model(worse, alice, bob):
    form = way_back(alice, worse)
    alice.post(form["action"], {"key": form["key"], "reason": "Worse"})
    Change.objects.open().update(sent_at=timezone.now())  # now another press would undo the first
    assert way_back(alice, worse) is None
    assert "Worse since the change" in section(alice, worse)


def test_after_going_back_the_page_does_not_offer_to_go_to_the_worse_model(worse, other, alice):
    changed(worse, timezone.now(), worse.before, other)
    Endpoint.objects.filter(pk=worse.pk).update(model=worse.before)
    card = section(alice, worse)
    assert "Worse since the change" not in card  # though no worker has looked since
    assert way_back(alice, worse) is None
    assert "Went back to" in card


def test_after_a_change_outside_the_page_offers_to_change_the_model(worse, alice, bob):
    models = {"field": "model", "old": worse.model.display_name, "new": "Another model"}
    event = audit.record(Verb.CHANGED_OUTSIDE, endpoint=worse, fields=[models])
    Quality.objects.update(since=event.at)
    assert "Worse since the change" in section(alice, worse)
    assert way_back(alice, worse) is None
    change = f'href="/endpoints/{worse.pk}/change-model/"'
    assert change in section(alice, worse)
    assert change not in section(bob, worse)


def test_other_verdicts_offer_no_way_back(worse, alice):
    Quality.objects.update(verdict=QualityVerdict.SAME)
    assert "No change beyond chance" in section(alice, worse)
    assert way_back(alice, worse) is None


def test_the_alert_leads_to_where_go_back_is_from_mail_bell_and_web_hook(worse, alice, settings):
    settings.MAIL = True
    alice.user.email = "alice@example.com"
    alice.user.save()
    AlertChannel.objects.create(kind="mail", name="Mail", person=alice.user)
    look()
    deliver_all()
    (told,) = facts(AlertRule.QUALITY)
    assert told.startswith(f"Recognition by {worse.display_name} is worse since its model changed to")
    there = f"{worse.get_absolute_url()}#quality"
    (sent,) = mail.outbox
    assert f"{SITE}{there}\n" in sent.body
    assert f'href="{there}"' in alice.get("/alerts/").content.decode()
    (of_hook,) = text.message("1", [(Alert.objects.get(), False)], SITE).alerts
    assert of_hook["url"] == f"{SITE}{there}"
    assert way_back(alice, worse)


def test_going_back_ends_the_alert_although_nobody_speaks_since(worse, other):
    look()
    audit.record(Verb.DEPLOYED, endpoint=worse, change=changed(worse, timezone.now(), worse.before, other))
    tasks.alert()
    assert facts(AlertRule.QUALITY) == [
        f"Recognition by {worse.display_name} is no longer worse than before a change of the model."
    ]
    assert Quality.objects.get().verdict == QualityVerdict.TOO_FEW


def test_a_change_by_going_back_has_its_own_sign_and_words_in_the_chart(long_ago, other, bob):
    first, now = long_ago.model, timezone.now()
    for number in range(30):
        log(long_ago, now - timedelta(days=number))
    changed(long_ago, now - timedelta(days=20), other, first)
    changed(long_ago, now - timedelta(days=6), first, other)
    watching.take(long_ago)
    card = section(bob, long_ago)
    chart = card[card.index("<svg") : card.index("</svg>")]
    back, forth = re.findall(r'class="sign" d="([^"]*)"', chart)
    assert forth != back
    legend = re.search(r'<ul class="chart-changes.*?</ul>', card, re.DOTALL)[0]
    named = re.findall(r'd="([^"]*)".*?<bdi>(.*?)</bdi>', legend, re.DOTALL)
    assert named == [(back, f"Went back to {first}"), (forth, f"Changed to {other}")]
    weeks = card[card.index("By week") :]
    assert weeks.count("Went back to") == 1
    assert weeks.count("Changed to") == 1


def test_days_without_a_log_are_a_gap_in_the_chart(long_ago, bob):
    now = timezone.now()
    for number in (*range(3, 8), *range(10, 15)):
        log(long_ago, now - timedelta(days=number))
    watching.take(long_ago)
    assert section(bob, long_ago).count("<polyline") == 2


def test_days_on_which_no_speech_comes_are_said(long_ago, bob):
    log(long_ago, timezone.now() - timedelta(days=9))
    watching.take(long_ago)
    for days, said in ((4, False), (5, True)):
        Quality.objects.update(silent_days=days)
        assert ("No speech has reached this endpoint for 5 days" in section(bob, long_ago)) is said


def test_an_alert_that_no_speech_comes_leads_to_the_same_place(long_ago, alice):
    Endpoint.objects.update(logging_enabled=True)
    verdicts.update(long_ago)
    Quality.objects.update(last_day=timezone.now().date() - timedelta(days=6), silent_days=5)
    look()
    assert f'href="{long_ago.get_absolute_url()}#quality"' in alice.get("/alerts/").content.decode()


def test_a_reason_is_needed_and_what_was_sent_twice_is_one_change(worse, alice):
    form = way_back(alice, worse)
    assert alice.post(form["action"], {"key": form["key"], "reason": ""}).status_code == 422
    for _press in range(2):
        alice.post(form["action"], {"key": form["key"], "reason": "Worse"})
    assert Change.objects.open().count() == 1
    assert alice.post(form["action"], {"key": uuid4(), "reason": "Worse"}).status_code in (302, 422)
