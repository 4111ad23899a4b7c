"""Web hooks: registered on request, accepted only with a right signature, and used as hints to refresh."""

import json
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.access.signature import signature
from endpoints.changes import submit
from endpoints.mirror import resources
from endpoints.mirror.resources import set_web_hook
from endpoints.models import Change, Endpoint, HookCall, Resource, SpeechModel
from tests.demo import until


@pytest.fixture
def hooked(mirrored):
    """A resource with a web hook, not due; no worker receives the messages of its calls."""
    set_web_hook(mirrored, enabled=True)
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    return mirrored


def address(resource):
    return reverse("hook", args=[resource.hook_token])


def call(client, resource, body, secret=None, **headers):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    sign = signature(secret or resource.hook_secret.open(), text)
    headers = {
        "X-MicrosoftSpeechServices-Signature": sign,
        "X-MicrosoftSpeechServices-Event": "EndpointCompletion",
    } | headers
    return client.post(address(resource), text, content_type="application/json", headers=headers)


def about(endpoint_id, invocation="1"):
    return {"self": f"https://eastus.example/speechtotext/v3.2/endpoints/{endpoint_id}", "invocationId": invocation}


def test_a_web_hook_that_the_service_refuses_is_shown_and_the_resource_is_refreshed_as_ever(
    mirrored, world, worker, settings, alice
):
    settings.PUBLIC_URL = "https://studio.example"
    set_web_hook(mirrored, enabled=True)
    refusal = {"code": "InvalidRequest", "message": "No.", "innerError": {"code": "InvalidWebHookProperties"}}
    world.fail({"method": "POST", "path": "/webhooks$", "times": 3, "effect": {"status": 400, "body": refusal}})
    due = []
    for _refresh in range(2):
        worker.mirror()
        mirrored.refresh_from_db()
        due.append(mirrored.due_at - timezone.now())
    assert mirrored.failing_since is None
    assert min(due) > timedelta(seconds=settings.LOOK_SECONDS / 2)
    page = alice.get(reverse("endpoints:resource-edit", args=[mirrored.pk])).content.decode()
    assert "The service rejected the registration." in page


@pytest.mark.parametrize(
    ("status", "body"), [(403, "<html>Forbidden</html>"), (404, ""), (200, "<html>Welcome</html>")]
)
def test_a_web_hook_that_a_gateway_refuses_does_not_make_the_resource_fail(
    mirrored, world, worker, settings, alice, status, body
):
    settings.PUBLIC_URL = "https://studio.example"
    set_web_hook(mirrored, enabled=True)
    world.fail({"path": "/webhooks", "times": 3, "effect": {"status": status, "body": body}})
    worker.mirror()
    mirrored.refresh_from_db()
    assert mirrored.failing_since is None
    page = alice.get(reverse("endpoints:resource-edit", args=[mirrored.pk])).content.decode()
    assert "The service rejected the registration." in page


def test_a_signed_call_makes_the_resource_due(client, hooked):
    assert not Resource.objects.due().exists()
    assert call(client, hooked, about(uuid.uuid4())).status_code == 200
    assert Resource.objects.due().get() == hooked


def test_a_call_about_an_endpoint_that_is_being_deployed_makes_its_change_due(client, hooked, alice, worker):
    model = SpeechModel.objects.deployable()[0]
    change = worker.step(submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls"))
    Change.objects.update(due_at=timezone.now() + timedelta(hours=1))
    remote_id = Endpoint.objects.get().remote_id
    assert call(client, hooked, about(remote_id)).status_code == 200
    assert Change.objects.due().get() == change
    assert not Resource.objects.due().exists()


@pytest.mark.parametrize("spoiled", ["", "AAAA", None, "x" * 5000], ids=["empty", "wrong", "of another secret", "long"])
def test_a_call_with_a_wrong_signature_changes_nothing(client, hooked, spoiled):
    text = json.dumps(about(uuid.uuid4())).encode()
    header = signature("another secret", text) if spoiled is None else spoiled
    answer = call(client, hooked, text, **{"X-MicrosoftSpeechServices-Signature": header})
    assert answer.status_code == 403
    assert not Resource.objects.due().exists()
    assert not HookCall.objects.exists()


def test_one_byte_more_breaks_the_signature(client, hooked):
    text = json.dumps(about(uuid.uuid4())).encode()
    sign = signature(hooked.hook_secret.open(), text)
    answer = client.post(
        address(hooked),
        text + b" ",
        content_type="application/json",
        headers={"X-MicrosoftSpeechServices-Signature": sign},
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{}", b"\xff", b'{"invocationId": 1', b"[" * 5000])
def test_a_signed_body_that_the_service_does_not_send_is_refused(client, hooked, body):
    assert call(client, hooked, body).status_code == 403
    assert not Resource.objects.due().exists()


@pytest.mark.parametrize("invocation", ["\0", "a\0b", "\ud800"])
def test_a_signed_call_with_an_id_that_no_database_stores_is_refused(client, hooked, invocation):
    assert call(client, hooked, about(uuid.uuid4(), invocation)).status_code == 403
    assert not HookCall.objects.exists()


def test_a_repeated_call_does_nothing_more(client, hooked):
    body = about(uuid.uuid4())
    call(client, hooked, body)
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    for _repeat in range(3):
        assert call(client, hooked, body).status_code == 200
    assert not Resource.objects.due().exists()


def test_many_calls_about_one_endpoint_make_it_due_once_a_second(client, hooked, world, worker):
    world.begin(endpoints=1, rate_limit="0/0")
    worker.mirror()
    remote_id = Endpoint.objects.get().remote_id
    looks = 0
    for number in range(20):
        Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
        assert call(client, hooked, about(remote_id, str(number))).status_code == 200
        looks += Resource.objects.due().count()
    assert looks <= 3


def test_the_challenge_is_answered_with_its_own_token_as_plain_text(client, hooked):
    answer = client.post(f"{address(hooked)}?validationToken=abc-123_XYZ")
    assert (answer.status_code, answer.content) == (200, b"abc-123_XYZ")
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("over", ["the token", "nothing"])
def test_a_challenge_with_a_right_signature_is_answered(client, hooked, over):
    text = b"abc-123" if over == "the token" else b""
    headers = {"X-MicrosoftSpeechServices-Signature": signature(hooked.hook_secret.open(), text)}
    answer = client.post(f"{address(hooked)}?validationToken=abc-123", headers=headers)
    assert (answer.status_code, answer.content) == (200, b"abc-123")


@pytest.mark.parametrize("signed", ["by another secret", "over another token", "empty", "no base64"])
def test_a_challenge_with_a_wrong_signature_is_not_answered(client, hooked, signed):
    secret = hooked.hook_secret.open()
    header = {
        "by another secret": signature("another secret", b"abc-123"),
        "over another token": signature(secret, b"abc-124"),
        "empty": "",
        "no base64": "ä",
    }[signed]
    headers = {"X-MicrosoftSpeechServices-Signature": header}
    answer = client.post(f"{address(hooked)}?validationToken=abc-123", headers=headers)
    assert answer.status_code == 403
    assert b"abc-123" not in answer.content


def test_a_call_without_a_signature_changes_nothing(client, hooked):
    answer = client.post(address(hooked), json.dumps(about(uuid.uuid4())), content_type="application/json")
    assert answer.status_code == 403
    assert not Resource.objects.due().exists()
    assert not HookCall.objects.exists()


def test_the_same_invocation_of_two_resources_is_two_calls(client, hooked):
    other = Resource.objects.create(name="Fabrikam", region="westus")
    set_web_hook(other, enabled=True)
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    for resource in (hooked, other):
        assert call(client, resource, about(uuid.uuid4())).status_code == 200
    assert Resource.objects.due().count() == 2


def test_a_call_about_an_endpoint_of_another_resource_is_about_none_of_its_changes(client, hooked, alice, worker):
    model = SpeechModel.objects.deployable()[0]
    worker.step(submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls"))
    Change.objects.update(due_at=timezone.now() + timedelta(hours=1))
    other = Resource.objects.create(name="Fabrikam", region="westus")
    set_web_hook(other, enabled=True)
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert call(client, other, about(Endpoint.objects.get().remote_id)).status_code == 200
    assert not Change.objects.due().exists()
    assert Resource.objects.due().get() == other


def test_a_call_more_than_a_second_later_makes_the_endpoint_due_again(client, hooked, world, worker):
    world.begin(endpoints=1, rate_limit="0/0")
    worker.mirror()
    remote_id = Endpoint.objects.get().remote_id
    for number, ago in enumerate((0.5, 1.5)):
        Endpoint.objects.update(hinted_at=timezone.now() - timedelta(seconds=ago))
        Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
        call(client, hooked, about(remote_id, str(number)))
        assert Resource.objects.due().exists() == (ago > 1)


@pytest.mark.parametrize("wanted", [True, False])
def test_a_hook_enabled_twice_keeps_its_address_and_a_new_one_gets_another(mirrored, wanted):
    set_web_hook(mirrored, enabled=True)
    token, secret = mirrored.hook_token, mirrored.hook_secret.open()
    set_web_hook(mirrored, enabled=wanted)
    set_web_hook(mirrored, enabled=True)
    mirrored.refresh_from_db()
    assert ((mirrored.hook_token, mirrored.hook_secret.open()) == (token, secret)) == wanted


@pytest.mark.parametrize("token", ["<script>alert(1)</script>", "a b+c/d==", "x" * 1000, "{é}%'"])
def test_a_challenge_may_have_any_printable_characters_and_is_answered_as_plain_text(client, hooked, token):
    headers = {"X-MicrosoftSpeechServices-Signature": signature(hooked.hook_secret.open(), token.encode())}
    answer = client.post(address(hooked), query_params={"validationToken": token}, headers=headers)
    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert answer["Content-Type"] == "text/plain"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_signed_ping_is_answered_and_polls_nothing(client, hooked, mirrored):
    ping = {
        "self": f"https://eastus.example/speechtotext/v3.2/webhooks/{uuid.uuid4()}",
        "displayName": "Hook",
        "webUrl": "https://studio.example/hook",
        "events": {"ping": True},
        "status": "Succeeded",
    }
    for _repeat in range(2):
        answer = call(client, hooked, ping, **{"X-MicrosoftSpeechServices-Event": "ping"})
        assert answer.status_code == 200
    assert not Resource.objects.due().exists()
    assert call(client, hooked, ping, secret="another secret").status_code == 403


def test_a_call_that_has_the_endpoint_itself_as_its_body_is_about_that_endpoint(client, hooked, alice, worker):
    (change,) = deploying(alice, worker, "Support calls")
    entity = {"self": about(change.endpoint.remote_id)["self"], "displayName": "Support calls", "status": "Succeeded"}
    assert call(client, hooked, entity).status_code == 200
    assert Change.objects.due().get() == change


def hooks_of(world):
    return [one["self"].rpartition("/")[2].partition("?")[0] for one in world.call("GET", "/webhooks")["values"]]


def test_a_web_hook_of_another_api_version_is_renewed_once(mirrored, settings, world, worker):
    settings.PUBLIC_URL = "https://studio.example"
    set_web_hook(mirrored, enabled=True)
    worker.mirror()
    (first,) = hooks_of(world)
    worker.mirror()
    assert hooks_of(world) == [first]
    Resource.objects.update(api_version="2025-10-15", hook_version="")  # as stored before versions were recorded
    worker.mirror()
    (second,) = hooks_of(world)
    assert second != first
    Resource.objects.update(api_version="2024-11-15")
    for _refresh in range(3):
        worker.mirror()
    (third,) = hooks_of(world)
    assert third not in (first, second)
    row = Resource.objects.get()
    assert (row.hook_id, row.hook_version, row.failing_since) == (third, "2024-11-15", None)


@pytest.mark.parametrize("token", ["", "x" * 1001, "a\r\nb", "a\0b"])
def test_an_invalid_challenge_is_refused(client, hooked, token):
    assert client.post(address(hooked), query_params={"validationToken": token}).status_code == 403


def test_an_unknown_hook_address_does_not_exist(client, hooked, mirrored):
    assert client.post("/hooks/speech/made-up").status_code == 404
    assert client.get(address(hooked)).status_code == 405
    before = address(hooked)
    set_web_hook(mirrored, enabled=False)
    assert client.post(before).status_code == 404


def test_a_large_body_is_not_read(client, hooked):
    answer = client.post(address(hooked), b"x" * 100_000, content_type="application/json")
    assert answer.status_code == 413


def test_only_an_admin_registers_a_web_hook(alice, bob, mirrored):
    register = reverse("endpoints:resource-hook", args=[mirrored.pk])
    assert bob.post(register).status_code == 403
    alice.post(register)
    mirrored.refresh_from_db()
    assert mirrored.hook_enabled
    assert mirrored.hook_secret.open() not in mirrored.hook_secret.sealed


@pytest.mark.django_db(transaction=True)
def test_the_service_sends_a_challenge_and_calls_and_a_failed_hook_is_repaired(live_server, settings, world, worker):
    settings.PUBLIC_URL = live_server.url
    resource = resources.register(
        name="Contoso", region="eastus", url=world.url, key="simulated-key", api_version="v3.2"
    )
    set_web_hook(resource, enabled=True)

    def status():
        worker.mirror()
        resource.refresh_from_db()
        return resource.hook_status == "Succeeded"

    until(status)
    assert len(world.call("GET", "/webhooks")["values"]) == 1

    # The service sets the hook to Failed; the next refreshes restart it.
    Resource.objects.filter(pk=resource.pk).update(hook_token="moved", hook_checked_at=None)
    world.call("PATCH", f"/webhooks/{resource.hook_id}", {"webUrl": f"{live_server.url}/nowhere"})
    until(lambda: world.call("GET", f"/webhooks/{resource.hook_id}")["status"] == "Failed")
    until(status)
    assert world.call("GET", f"/webhooks/{resource.hook_id}")["webUrl"].endswith("/moved")

    set_web_hook(resource, enabled=False)
    worker.mirror()
    assert world.call("GET", "/webhooks")["values"] == []


def deploying(client, worker, *names):
    """Changes that were sent and are to be looked at in an hour."""
    model = SpeechModel.objects.deployable()[0]
    asked = [submit.create(key=uuid.uuid4(), actor=client.user, model=model, display_name=name) for name in names]
    changes = [worker.step(change) for change in asked]
    Change.objects.update(due_at=timezone.now() + timedelta(hours=1))
    return changes


def test_a_call_about_one_endpoint_is_about_the_change_of_no_other_one(client, hooked, alice, worker):
    _first, second = deploying(alice, worker, "Support calls", "Sales calls")
    assert call(client, hooked, about(second.endpoint.remote_id.upper())).status_code == 200
    assert Change.objects.due().get() == second


def test_a_call_about_an_endpoint_without_a_change_polls_its_resource(client, hooked, alice, world, worker):
    (change,) = deploying(alice, worker, "Support calls")
    world.advance(3600)
    worker.step(change)
    Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
    assert call(client, hooked, about(change.endpoint.remote_id)).status_code == 200
    assert not Change.objects.due().exists()
    assert Resource.objects.due().get() == hooked


@pytest.mark.parametrize(
    "entity",
    ["", "https://eastus.example/endpoints", f"https://eastus.example/models/{uuid.UUID(int=7)}"]
    + [f"https://eastus.example/endpoints/{rest}" for rest in ("-" * 36, "z" * 36, f"{uuid.UUID(int=7)}0")],
)
def test_a_call_that_names_no_endpoint_polls_its_resource(client, hooked, alice, worker, entity):
    deploying(alice, worker, "Support calls")
    Endpoint.objects.update(remote_id=None)
    assert call(client, hooked, {"self": entity, "invocationId": "1"}).status_code == 200
    assert not Change.objects.due().exists()
    assert Resource.objects.due().get() == hooked


def test_a_call_without_an_entity_polls_its_resource(client, hooked):
    for number in range(2):
        Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
        assert call(client, hooked, {"invocationId": number}).status_code == 200
        assert Resource.objects.due().get() == hooked


@pytest.mark.parametrize("following", ["", "/", "?top=1", "/files"])
def test_what_follows_the_id_of_an_endpoint_does_not_matter(client, hooked, alice, worker, following):
    (change,) = deploying(alice, worker, "Support calls")
    assert call(client, hooked, about(f"{change.endpoint.remote_id}{following}")).status_code == 200
    assert Change.objects.due().get() == change


def test_an_invocation_with_a_long_name_is_known_again(client, hooked):
    for due in (True, False):
        Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
        assert call(client, hooked, about(uuid.uuid4(), "i" * 300)).status_code == 200
        assert Resource.objects.due().exists() == due
    assert len(HookCall.objects.get().invocation_id) == 100  # all that its column can hold
