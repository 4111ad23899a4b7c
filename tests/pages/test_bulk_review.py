"""The review of a bulk action: what each endpoint loses, what is confirmed by a number, and what the button says."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from endpoints.models import Change, Endpoint, SpeechModel
from endpoints.models.model import ModelKind
from tests.pages.bulk_review import PAGE, form_of, review, submit_review

ACTIONS = {
    "change-model": "Change model of {} endpoints",
    "logging-on": "Turn on content logging for {} endpoints",
    "delete": "Delete {} endpoints",
}


@pytest.fixture
def model(resource, world, worker):
    """A custom model that expires in 100 days."""
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    Endpoint.objects.update(logging_enabled=False)
    chosen = SpeechModel.objects.deployable().filter(locale="en-US", kind=ModelKind.CUSTOM).order_by("pk")[0]
    return expires(chosen, 100)


def expires(model, days):
    model.expires_at = timezone.now() + timedelta(days=days, minutes=5)
    model.save(update_fields=["expires_at"])
    return model


def like(model, name, days):
    """Another model of the same kind, with its own expiration."""
    fields = {field: getattr(model, field) for field in ("resource", "kind", "locale", "status", "supports_endpoints")}
    other = SpeechModel.objects.create(remote_id=name, display_name=name, **fields)
    return expires(other, days)


def serving(model, count=1):
    """Endpoints with this model."""
    made = [
        Endpoint(
            resource=model.resource,
            remote_id=f"{model.display_name} {number}",
            display_name=f"{model.display_name} {number}",
            locale=model.locale,
            model=model,
            **model.for_endpoint,
            status="Succeeded",
        )
        for number in range(count)
    ]
    return Endpoint.objects.bulk_create(made)


def text(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def row(answer, endpoint):
    html = re.search(rf'<tr id="item-{endpoint.pk}".*?</tr>', answer.content.decode(), re.DOTALL)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def to(alice, model, endpoints):
    return review(alice, "change-model", endpoints, new_model=str(model.pk))


def test_each_endpoint_has_both_models_with_their_expirations(alice, model):
    now = like(model, "Now", 400)
    (endpoint,) = serving(now)
    says = row(to(alice, model, [endpoint]), endpoint)
    dates = [f"{at:%b} {at.day}, {at.year}" for at in map(timezone.localtime, (now.expires_at, model.expires_at))]
    assert re.search(rf"Now {dates[0]}.* {re.escape(model.display_name)} {dates[1]}", says), says


def test_endpoints_that_would_lose_days_are_warned_of_and_counted_on_top(alice, model):
    losing = serving(like(model, "Long", 130), 3)
    winning = serving(like(model, "Short", 70), 2)
    answer = to(alice, model, [*losing, *winning])
    assert "3 endpoints would lose days: the new model expires earlier than their current models." in text(answer)
    assert all("Expires 30 days earlier" in row(answer, one) for one in losing)
    assert not any("earlier" in row(answer, one) for one in winning)
    shown = re.findall(r'<tr id="item-([^"]+)"', answer.content.decode())
    assert set(shown[:3]) == {str(one.pk) for one in losing}


def test_without_a_loss_there_is_no_warning(alice, model):
    assert 'id="losses"' not in to(alice, model, serving(like(model, "Short", 70), 2)).content.decode()


def test_a_base_model_instead_of_a_custom_one_is_a_loss_too(alice, model):
    base = like(model, "Base of today", 500)
    base.kind, base.adaptation_expires_at = ModelKind.BASE, timezone.now() - timedelta(days=3)
    base.save(update_fields=["kind", "adaptation_expires_at"])
    (endpoint,) = serving(model)
    answer = to(alice, base, [endpoint])
    assert "1 endpoint would change from a custom model to a base model" in text(answer)
    assert "Loses the adaptation of the custom model" in row(answer, endpoint)
    assert "The new model's adaptation ended on" in text(answer)
    expires(model, -3)
    assert "Loses the adaptation" not in text(to(alice, base, [endpoint]))


def test_what_is_incompatible_is_skipped_with_the_reason_and_loses_nothing(alice, model):
    (endpoint,) = serving(like(model, "Long", 400))
    Endpoint.objects.filter(pk=endpoint.pk).update(locale="de-DE")
    answer = to(alice, model, [endpoint])
    assert f"Skipped This model is for {model.locale}, but the endpoint is for de-DE." in row(answer, endpoint)
    assert "lose days" not in text(answer)
    expires(model, -3)
    assert "Skipped" in row(to(alice, model, [endpoint]), endpoint)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_reason_is_required_and_never_filled_in(alice, model, action):
    endpoints = serving(like(model, "Other", 50), 2)
    seen = review(alice, action, endpoints, new_model=str(model.pk))
    assert "value=" not in re.search(r'<input[^>]*name="reason"[^>]*>', seen.content.decode())[0]
    answer = alice.post(PAGE, form_of(seen, reason="  "))
    assert answer.status_code == 422
    assert "Reason: Enter a reason." in text(answer)
    assert not Change.objects.exists()


@pytest.mark.parametrize("action", ACTIONS)
def test_more_than_twenty_endpoints_are_confirmed_by_their_number(alice, model, action):
    endpoints = serving(like(model, "Crowd", 50), 21)
    seen = review(alice, action, endpoints, new_model=str(model.pk))
    assert "To confirm, enter the number of endpoints: 21" in text(seen)
    assert f">{ACTIONS[action].format(21)}</button>" in seen.content.decode()
    for typed, says in (("20", "You entered 20, but the number is 21."), ("", "Enter the number.")):
        answer = alice.post(PAGE, form_of(seen, count=typed))
        assert answer.status_code == 422
        assert f"Number of endpoints: {says}" in text(answer)
    assert not Change.objects.exists()
    assert submit_review(alice, answer, count="21").changes.count() == 21


def test_up_to_twenty_endpoints_need_no_number_unless_they_are_deleted(alice, model):
    endpoints = serving(like(model, "Few", 50), 20)
    for action in ACTIONS:
        asks = "enter the number" in text(review(alice, action, endpoints, new_model=str(model.pk)))
        assert asks == (action == "delete"), action


def test_the_choice_of_all_that_match_has_their_number(alice, model):
    serving(like(model, "Crowd", 50), 21)
    page = alice.get("/endpoints/?q=Crowd").content.decode()
    assert '<span id="all-words">All 21 that match</span>' in page
    assert 'data-all="All 21 that match"' in page


def test_reasons_of_before_are_offered(alice, model):
    first, second = serving(like(model, "Few", 50), 2)
    submit_review(alice, review(alice, "logging-on", [first]), reason="Complaints of customers")
    assert '<option value="Complaints of customers">' in review(alice, "delete", [second]).content.decode()
