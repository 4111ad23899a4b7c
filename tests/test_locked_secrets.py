"""Without the key of the stored secrets, or with another one, the product starts, says so, and replaces no secret."""

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import transaction
from django.urls import reverse

from endpoints.mirror.resources import register, save_resource, set_web_hook
from endpoints.models import Event, Resource, encrypted_values
from endpoints.models.secret import CannotDecrypt, KeyCheck, Secret, SecretsLocked, locked
from tests.conftest import KEY
from tests.pages.reading import text_of
from tests.pages.resource_forms import save

LOCKED = "Stored keys and secrets are locked because ENCRYPTION_KEYS lacks the key that encrypted them."


@pytest.fixture
def stored(resource, settings):
    """The keys of ENCRYPTION_KEYS that encrypted the secrets of `resource`, whose start was in order."""
    set_web_hook(resource, enabled=True)
    encrypted_values.record_key()
    return settings.ENCRYPTION_KEYS


def no_key(settings):
    settings.ENCRYPTION_KEYS = []


def wrong_key(settings):
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]


@pytest.fixture(params=[no_key, wrong_key])
def lost(request, stored, settings):
    request.param(settings)
    return stored


def sealed():
    """All encrypted values, as the database has them."""
    columns = ("key", "log_container", "hook_secret")
    return [
        [secret and secret.sealed for secret in row] for row in Resource.objects.order_by("name").values_list(*columns)
    ]


def test_the_page_says_it_to_those_who_can_act_and_takes_it_back(alice, bob, lost, settings):
    assert LOCKED in text_of(alice.get("/activity/"))
    assert LOCKED in text_of(alice.get("/resources/"))
    assert LOCKED not in text_of(bob.get("/endpoints/"))
    settings.ENCRYPTION_KEYS = lost
    assert LOCKED not in text_of(alice.get("/activity/"))


def test_an_open_page_learns_of_it(alice, stored, settings):
    version = alice.get("/activity/").context["frame"].version
    poll = {"path": reverse("endpoints:banners"), "data": {"version": version}, "headers": {"HX-Request": "true"}}
    assert alice.get(**poll).status_code == 204
    wrong_key(settings)
    assert LOCKED in text_of(alice.get(**poll))


def test_check_says_it(lost, settings, capsys):
    with pytest.raises(CommandError, match=LOCKED):
        call_command("check")
    settings.ENCRYPTION_KEYS = lost
    call_command("check")


def test_check_counts_the_secrets_of_another_key(stored, resource, settings):
    Resource.objects.update(key=Secret(Fernet(Fernet.generate_key()).encrypt(b"k").decode()))
    with pytest.raises(CommandError, match="decrypts 1 of the stored secrets"):
        call_command("check")


def test_a_start_says_it_and_replaces_nothing(lost, start, settings):
    Resource.objects.update(registered_as="Speech eastus")
    before = sealed()
    said = start(KEY="another key of the environment")
    assert said.startswith("The product starts, but nothing is sent to Azure.")
    assert LOCKED in said
    assert sealed() == before
    settings.ENCRYPTION_KEYS = lost
    assert start() == ""
    assert Resource.objects.get(registered_as="Speech eastus").key.open() == KEY


def test_the_first_start_after_an_update_notices_a_wrong_key(lost, start, settings):
    KeyCheck.objects.all().delete()  # as an earlier version left the database
    before = sealed()
    assert LOCKED in start()
    settings.ENCRYPTION_KEYS = lost or [Fernet.generate_key().decode()]
    assert sealed() == before


def test_a_secret_of_an_unknown_key_is_not_replaced_by_a_start(stored, start, resource, settings):
    Resource.objects.update(
        registered_as="Speech eastus", key=Secret(Fernet(Fernet.generate_key()).encrypt(b"lost").decode())
    )
    before = sealed()
    assert "The secret can't be decrypted" in start()
    assert sealed() == before


def test_nobody_replaces_or_removes_a_secret(alice, lost, resource):
    before, count = sealed(), Event.objects.count()
    form = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key", "own_gateway": ""}
    refused = save(alice, form | {"new_key": "0" * 32}, resource)
    assert (refused.status_code, LOCKED in text_of(refused)) == (422, True)
    alice.post(reverse("endpoints:resource-hook", args=[resource.pk]))
    with pytest.raises(SecretsLocked), transaction.atomic():
        Resource.objects.update(key=Secret.of("another"))
    with pytest.raises(SecretsLocked):
        register(region="westus", url="", key="another", name="New")
    resource.refresh_from_db()
    resource.key = None
    with pytest.raises(SecretsLocked):
        save_resource(resource, actor=alice.user)
    assert (sealed(), Event.objects.count()) == (before, count)


def test_what_is_not_a_secret_can_be_changed(alice, lost, resource, settings):
    settings.DEMO = True  # whose simulator has no certificate
    form = {"name": "Renamed", "region": "eastus", "url": resource.url, "api_version": "v3.2", "auth": "key"}
    assert save(alice, form | {"own_gateway": "on"}, resource).status_code == 302
    assert Resource.objects.get().name == "Renamed"


def test_workers_send_nothing_and_replace_nothing(lost, resource, world, worker, settings):
    before, asked = sealed(), len(world.ledger())
    worker.run_round()
    assert (sealed(), len(world.ledger())) == (before, asked)
    settings.ENCRYPTION_KEYS = lost
    worker.mirror()
    assert Resource.objects.get().failing_since is None


def test_an_error_of_a_resource_says_what_can_be_done_about_its_secret(alice, lost, resource, worker, settings):
    resources = reverse("endpoints:resources")
    worker.mirror()
    shown = text_of(alice.get(resources))
    assert "It's kept, and can't be replaced until the key is restored." in shown
    assert "enter the secret again" not in shown
    settings.ENCRYPTION_KEYS = lost
    Resource.objects.update(key=Secret(Fernet(Fernet.generate_key()).encrypt(b"k").decode()), due_at=None)
    worker.mirror()
    assert "Restore the key, or enter the secret again." in text_of(alice.get(resources))


def test_a_second_factor_is_neither_read_nor_made_and_the_page_says_why(alice, stored, settings):
    secret = Secret.of("JBSWY3DPEHPK3PXP").sealed
    Authenticator.objects.create(user=alice.user, type="totp", data={"secret": secret})
    wrong_key(settings)
    alice.logout()
    alice.raise_request_exception = False
    alice.post(reverse("account_login"), {"username": "alice", "password": "a long enough word"})
    answer = alice.post(reverse("mfa_authenticate"), {"code": "123456"})
    assert answer.status_code == 503
    assert "The secret can't be decrypted" in text_of(answer)
    assert Authenticator.objects.get().data["secret"] == secret


def test_secrets_whose_key_is_lost_for_good_are_removed_on_request_only(lost, resource, settings):
    wrong_key(settings)
    with pytest.raises(CommandError, match="--remove-unreadable"):
        call_command("rotate_keys")
    assert locked()
    token = Resource.objects.get().hook_token
    call_command("rotate_keys", "--remove-unreadable")
    assert not locked()
    found = Resource.objects.get()
    assert found.key is None
    assert found.hook_secret.open()
    assert found.hook_token != token
    assert {"field": "key", "old": "", "new": "removed"} in [
        field for event in Event.objects.filter(resource_id=found.pk) for field in event.facts.get("fields", [])
    ]


def test_the_newest_key_is_recorded_when_all_secrets_need_no_other(stored, settings):
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new]
    assert locked()
    settings.ENCRYPTION_KEYS = [new, *stored]
    assert not locked()
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = [new]
    assert not locked()
    with pytest.raises(CannotDecrypt):
        KeyCheck.objects.get().sealed.__class__(Fernet(stored[0]).encrypt(b"x").decode()).open()
