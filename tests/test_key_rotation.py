"""`rotate_keys`: every secret of the database is encrypted with the first key, whatever happens meanwhile."""

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from endpoints.models import Draft, Recording, Resource, encrypted_values
from endpoints.models.secret import CannotDecrypt, Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_keys(settings):
    """Resources whose secrets the second key encrypted. Returns the first key."""
    for number in range(5):
        secrets = {name: Secret.of(f"{name} {number}") for name in ("key", "log_container", "hook_secret")}
        Resource.objects.create(name=f"Resource {number}", region="eastus", **secrets)
    new = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    return new


def opened():
    fields = ("key", "log_container", "hook_secret")
    return [[secret.open() for secret in row] for row in Resource.objects.order_by("name").values_list(*fields)]


def test_all_secrets_are_encrypted_with_the_first_key_and_then_the_others_can_go(two_keys, settings, capsys):
    before = opened()
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert "Encrypted again: 15." in said
    assert "Keep the other keys until" in said
    call_command("rotate_keys")
    said = capsys.readouterr().out
    assert "Encrypted again: 0." in said
    assert "remove the others from ENCRYPTION_KEYS" in said
    settings.ENCRYPTION_KEYS = [two_keys]
    assert opened() == before


def test_large_recordings_are_not_in_memory_together(two_keys, settings, monkeypatch):
    recordings = [Recording.of(bytes([number]) * 1000, 1.0) for number in range(5)]
    Recording.objects.bulk_create(recordings)
    monkeypatch.setattr(encrypted_values, "LARGEST", 2 * len(recordings[0].audio.sealed))
    column = next(one for one in encrypted_values.columns() if one.model is Recording)
    assert [len(batch) for batch in column.batches()] == [2, 2, 1]
    monkeypatch.setattr(encrypted_values, "LARGEST", 1)
    assert [len(batch) for batch in column.batches()] == [1] * 5
    assert encrypted_values.rotate().complete
    settings.ENCRYPTION_KEYS = [two_keys]
    for recording in recordings:
        assert Recording.objects.get(pk=recording.pk).wav == recording.wav


def test_a_run_that_is_interrupted_is_continued(two_keys, settings, monkeypatch, capsys):
    before, replace, done = opened(), encrypted_values.Column.replace, []

    def interrupted(*arguments):
        if len(done) == 7:
            raise KeyboardInterrupt
        done.append(arguments)
        return replace(*arguments)

    monkeypatch.setattr(encrypted_values, "BATCH", 2)
    monkeypatch.setattr(encrypted_values.Column, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        call_command("rotate_keys")
    assert opened() == before
    monkeypatch.setattr(encrypted_values.Column, "replace", replace)
    call_command("rotate_keys")
    assert "Encrypted again: 8. Already encrypted with the first key: 7." in capsys.readouterr().out
    settings.ENCRYPTION_KEYS = [two_keys]
    assert opened() == before


def test_a_secret_that_a_worker_replaces_meanwhile_stays(two_keys, monkeypatch):
    resource, replace = Resource.objects.get(name="Resource 3"), encrypted_values.Column.replace

    def after_a_worker(column, key, old, new):
        if key == resource.pk and column.name == "key":
            Resource.objects.filter(pk=key).update(key=Secret.of("entered meanwhile"))
        return replace(column, key, old, new)

    monkeypatch.setattr(encrypted_values.Column, "replace", after_a_worker)
    with pytest.raises(CommandError, match="1 of the secrets changed meanwhile"):
        call_command("rotate_keys")
    resource.refresh_from_db()
    assert resource.key.open() == "entered meanwhile"
    assert resource.hook_secret.open() == "hook_secret 3"


def test_a_secret_whose_key_is_missing_stays_as_it_is_and_the_command_says_so(two_keys, settings):
    lost = Resource.objects.get(name="Resource 1")
    Resource.objects.filter(pk=lost.pk).update(key=Secret(Fernet(Fernet.generate_key()).encrypt(b"lost").decode()))
    stored = Resource.objects.get(pk=lost.pk).key
    with pytest.raises(CommandError, match="No key of ENCRYPTION_KEYS decrypts 1 of the secrets") as error:
        call_command("rotate_keys")
    assert error.value.returncode == 1
    assert Resource.objects.get(pk=lost.pk).key == stored
    assert Resource.objects.get(name="Resource 2").key.open() == "key 2"
    settings.ENCRYPTION_KEYS = [two_keys]
    with pytest.raises(CannotDecrypt):
        stored.open()
    assert Resource.objects.get(pk=lost.pk).hook_secret.open() == "hook_secret 1"


def test_encrypted_texts_in_a_json_column_are_encrypted_again_too(django_user_model, settings, monkeypatch):
    monkeypatch.setattr(encrypted_values, "JSON_COLUMNS", ["endpoints.Draft.answers", "missing.Model.data"])
    owner, new = django_user_model.objects.create_user("alice"), Fernet.generate_key().decode()
    Draft.objects.create(owner=owner, answers={"secret": Secret.of("of a factor").sealed, "name": "Phone", "used": 3})
    settings.ENCRYPTION_KEYS = [new, *settings.ENCRYPTION_KEYS]
    call_command("rotate_keys")
    settings.ENCRYPTION_KEYS = [new]
    answers = Draft.objects.get().answers
    assert Secret(answers.pop("secret")).open() == "of a factor"
    assert answers == {"name": "Phone", "used": 3}


def test_the_health_check_says_that_secrets_cannot_be_decrypted_until_the_key_is_back(client, two_keys, settings):
    right = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert client.get("/health/ready").json()["secrets"] is False
    settings.ENCRYPTION_KEYS = right
    assert client.get("/health/ready").json()["secrets"] is True
