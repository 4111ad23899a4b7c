"""Tokens: who makes them, what they open, and what ends them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.access import tokens
from endpoints.models import ApiToken, Event, ServiceAccount
from tests.api.conftest import Program

NEW = {"name": "Release pipeline", "days": "30", "access": "all"}


def secret_of(answer):
    assert answer.status_code == 200, answer.context["form"].errors
    return answer.context["secret"]


def program(secret):
    return Client(headers={"Authorization": f"Bearer {secret}"})


def status(secret):
    return program(secret).get("/api/v1/me").status_code


def test_a_person_makes_a_token_that_is_shown_once(alice):
    answer = alice.post("/settings/tokens/", NEW)
    secret = secret_of(answer)
    assert secret in answer.content.decode()
    assert status(secret) == 200
    listed = alice.get("/settings/tokens/").content.decode()
    assert "Release pipeline" in listed
    assert secret not in listed
    assert Event.objects.get(verb="account-token-created").text == "alice created the token Release pipeline"


def test_only_a_hash_of_it_is_stored(alice):
    secret = secret_of(alice.post("/settings/tokens/", NEW))
    token = ApiToken.objects.get()
    stored = " ".join(str(getattr(token, field.attname)) for field in ApiToken._meta.concrete_fields)
    assert secret not in stored
    assert secret not in str(Event.objects.values_list("facts", "detail"))


def test_a_token_has_no_more_rights_than_its_person(bob, endpoint):
    secret = secret_of(bob.post("/settings/tokens/", NEW))
    me = program(secret).get("/api/v1/me").json()
    assert set(me["rights"]) == {"view_endpoint", "view_health"}
    assert program(secret).get(f"/api/v1/endpoints/{endpoint.pk}").status_code == 200
    assert program(secret).get(f"/api/v1/endpoints/{endpoint.pk}/logs").status_code == 403


def test_a_token_can_have_fewer_rights(alice, endpoint):
    reads = secret_of(alice.post("/settings/tokens/", {**NEW, "access": "read"}))
    chosen = secret_of(
        alice.post("/settings/tokens/", {**NEW, "name": "Roll back", "access": "chosen", "rights": ["go_back"]})
    )
    assert set(program(reads).get("/api/v1/me").json()["rights"]) == {"view_endpoint", "view_health"}
    assert set(program(chosen).get("/api/v1/me").json()["rights"]) == {"view_endpoint", "view_health", "go_back"}
    body = {"name": endpoint.display_name, "reason": "x"}
    headers = {"Idempotency-Key": "1"}
    address = f"/api/v1/endpoints/{endpoint.pk}/delete"
    answer = program(chosen).post(address, body, content_type="application/json", headers=headers)
    assert answer.status_code == 403


def test_a_token_that_may_deploy_may_also_go_back_and_share_an_address(alice, hotline, green):
    """As docs/pipelines.md says of a token with the right to deploy alone."""
    chosen = {**NEW, "access": "chosen", "rights": ["deploy_model"]}
    release = program(secret_of(alice.post("/settings/tokens/", chosen)))
    rights = {"view_endpoint", "view_health", "go_back", "deploy_model"}
    assert set(release.get("/api/v1/me").json()["rights"]) == rights
    body, headers = {"endpoint": str(green.pk), "percent": 10}, {"Idempotency-Key": "1"}
    there = "/api/v1/addresses/hotline/share"
    shared = release.post(there, body, content_type="application/json", headers=headers)
    assert (shared.status_code, shared.json()["share"]) == (200, 10)


def test_a_superuser_s_token_can_have_fewer_rights_too(alice):
    alice.user.is_superuser = True
    alice.user.save()
    reads = secret_of(alice.post("/settings/tokens/", {**NEW, "access": "read"}))
    assert set(program(reads).get("/api/v1/me").json()["rights"]) == {"view_endpoint", "view_health"}


def test_what_cannot_be_chosen_is_refused(bob):
    for wrong in (
        {"days": "36500"},
        {"access": "chosen", "rights": ["deploy_model"]},
        {"access": "chosen"},
        {"name": ""},
    ):
        assert bob.post("/settings/tokens/", {**NEW, **wrong}).status_code == 422
    assert not ApiToken.objects.exists()


def test_a_name_is_taken_once(alice, bob):
    assert alice.post("/settings/tokens/", NEW).status_code == 200
    assert alice.post("/settings/tokens/", NEW).status_code == 422
    assert bob.post("/settings/tokens/", NEW).status_code == 200


def test_a_person_has_so_many_tokens_at_most(alice, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 1)
    alice.post("/settings/tokens/", NEW)
    assert alice.post("/settings/tokens/", {**NEW, "name": "Another"}).status_code == 422


def test_a_token_is_made_after_a_recent_sign_in_only(alice, monkeypatch):
    monkeypatch.setattr("endpoints.access.sessions.signed_in_recently", lambda _request: False)
    answer = alice.post("/settings/tokens/", NEW)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/confirm/")
    assert not ApiToken.objects.exists()


def test_a_revoked_token_opens_nothing(alice, bob):
    secret = secret_of(alice.post("/settings/tokens/", NEW))
    pk = str(ApiToken.objects.get().pk)
    bob.post("/settings/tokens/", {"revoke": pk})
    assert status(secret) == 200
    alice.post("/settings/tokens/", {"revoke": pk})
    assert status(secret) == 401
    assert Event.objects.get(verb="account-token-revoked").actor_name == "alice"
    for crafted in ("", "x", "\0", "1" * 5000):
        assert alice.post("/settings/tokens/", {"revoke": crafted}).status_code == 302


def test_a_token_ends_on_its_day(alice):
    secret = secret_of(alice.post("/settings/tokens/", NEW))
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert status(secret) == 401
    assert "Expired" in alice.get("/settings/tokens/").content.decode()


def test_tokens_end_with_the_account(alice, bob):
    secret = secret_of(bob.post("/settings/tokens/", NEW))
    alice.post("/people/bob/active/", {"active": "0"})
    assert status(secret) == 401
    alice.post("/people/bob/active/", {"active": "1"})
    assert status(secret) == 401
    bob.user.refresh_from_db()
    later = Program(bob.user)
    type(bob.user).objects.filter(pk=bob.user.pk).update(is_active=False)  # by Django's administration
    assert later.get("/api/v1/me").status_code == 401


def test_who_manages_people_revokes_tokens_of_others(alice, bob):
    secret = secret_of(bob.post("/settings/tokens/", NEW))
    assert "Release pipeline" in alice.get("/people/bob/").content.decode()
    alice.post("/people/bob/tokens/", {"revoke": str(ApiToken.objects.get().pk)})
    assert status(secret) == 401
    assert Event.objects.get(verb="account-token-revoked-of").text == "alice revoked the token Release pipeline of bob"


def test_nobody_makes_a_token_of_another_person(alice, bob):
    assert alice.post("/people/bob/tokens/", NEW).status_code == 404
    assert not ApiToken.objects.exists()


def test_a_service_account_uses_the_api_and_nobody_signs_in_with_it(alice, client, endpoint):
    alice.post("/service-accounts/new/", {"name": "releases", "roles": ["admin"]})
    robot = ServiceAccount.objects.get().person
    page = alice.get("/people/releases/").content.decode()
    assert "Service account" in page
    secret = secret_of(alice.post("/people/releases/tokens/", NEW))
    assert status(secret) == 200
    assert alice.post("/people/releases/password-link/").status_code == 404
    robot.set_password("a long enough word")
    robot.save()
    client.post("/sign-in/", {"username": "releases", "password": "a long enough word"})
    assert client.get("/endpoints/").status_code == 302
    assert Event.objects.get(verb="account-refused").facts["why"] == "service"
    assert alice.post("/service-accounts/new/", {"name": "Releases"}).status_code == 422


def test_a_token_opens_no_page(alice, endpoint):
    secret = secret_of(alice.post("/settings/tokens/", NEW))
    for address in ("/endpoints/", "/settings/tokens/", "/admin/", endpoint.get_absolute_url()):
        assert program(secret).get(address).status_code == 302


def test_a_session_opens_no_api(alice, endpoint):
    assert alice.get("/api/v1/endpoints").status_code == 401
    assert alice.post(f"/api/v1/endpoints/{endpoint.pk}/go-back", {"reason": "x"}).status_code == 401


def test_a_token_in_the_address_opens_nothing(client, pipeline):
    assert client.get(f"/api/v1/me?token={pipeline.secret}&access_token={pipeline.secret}").status_code == 401


def test_each_act_names_the_token(pipeline, alice, endpoint, other):
    pipeline.send(f"/endpoints/{endpoint.pk}/change-model", {"model": str(other.pk), "reason": "Release 7"})
    listed = pipeline.ask("/activity")["items"][0]
    assert listed["token"] == "pipeline"
    assert listed["text"].endswith("(by token pipeline)")
    assert "(by token <bdi>pipeline</bdi>)" in alice.get("/activity/").content.decode()
    by_page = Event.objects.filter(actor_name="alice").first()
    assert by_page is None or "by token" not in by_page.text


def test_the_last_use_is_recorded_to_the_minute(pipeline, django_assert_num_queries):
    assert pipeline.token.last_used_at is None
    pipeline.get("/api/v1/me")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    pipeline.get("/api/v1/me")
    assert ApiToken.objects.get().last_used_at == used
    ApiToken.objects.update(last_used_at=used - timedelta(minutes=2))
    pipeline.get("/api/v1/me")
    assert ApiToken.objects.get().last_used_at >= used


def test_a_token_makes_so_many_requests_in_a_minute(pipeline, watcher, settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 3
    monkeypatch.setattr("endpoints.api.rate.time.time", lambda: 1_000_000_000.0)
    answers = [pipeline.get("/api/v1/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1]["Retry-After"] == "20"
    assert answers[-1].json()["type"] == "/api/problems/too-many"
    assert watcher.get("/api/v1/me").status_code == 200
    monkeypatch.setattr("endpoints.api.rate.time.time", lambda: 1_000_000_060.0)
    assert pipeline.get("/api/v1/me").status_code == 200


def test_nobody_is_stopped_while_the_cache_is_away(pipeline, settings, monkeypatch):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    settings.API_REQUESTS_PER_MINUTE = 0
    assert pipeline.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize("address", ["/settings/tokens/", "/service-accounts/new/", "/api/docs/"])
def test_the_pages_open(address, alice):
    assert alice.get(address).status_code == 200


@pytest.mark.parametrize("address", ["/settings/tokens/", "/api/docs/"])
def test_the_command_line_is_linked_beside_tokens_and_documentation(bob, address):
    assert '<a href="/cli">Command line</a>' in bob.get(address).content.decode()
