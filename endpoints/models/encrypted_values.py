"""All encrypted values of the database: which keys they need, and encrypting them with the newest key.

record_key stores which key they have been encrypted with, so that a start without it is noticed before it does harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Length

from endpoints.models.secret import CannotDecrypt, KeyCheck, Secret, SecretField

BATCH = 200  # rows
LARGEST = 4_000_000  # characters of the values that are read together: recordings are large
# JSON columns with encrypted texts among the values of an object, as "app.Model.field". An app that is not installed is
# left out. Second factors are stored like this.
JSON_COLUMNS = ["mfa.Authenticator.data"]
_PREFIX = "gAAAA"  # of each Fernet token (Fernet Spec, version 0x80)


@dataclass(frozen=True)
class Column:
    """A column with encrypted values."""

    model: type[models.Model]
    name: str

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.name}"

    def batches(self) -> Iterator[list[tuple[Any, Any]]]:
        """Primary keys and values, in the order of the primary key, at most BATCH and about LARGEST at a time."""
        rows = self.model._default_manager.exclude(**{f"{self.name}__isnull": True}).order_by("pk")
        last = None
        while keys := self._keys(rows.filter(pk__gt=last) if last else rows):
            yield list(rows.filter(pk__gte=keys[0], pk__lte=keys[-1]).values_list("pk", self.name))
            last = keys[-1]

    def _keys(self, rows: Any) -> list[Any]:
        """Of the first rows, as many as are read together, at least one."""
        if not isinstance(self.model._meta.get_field(self.name), SecretField):
            return list(rows.values_list("pk", flat=True)[:BATCH])
        total, keys = 0, list[Any]()
        for key, length in rows.values_list("pk", Length(self.name))[:BATCH]:
            total += length
            if keys and total > LARGEST:
                break
            keys.append(key)
        return keys

    def replace(self, key: Any, old: Any, new: Any) -> bool:
        """Store `new` unless somebody else has replaced `old` meanwhile."""
        return self.model._default_manager.filter(pk=key, **{self.name: old}).update(**{self.name: new}) == 1


@dataclass
class Rotation:
    """What became of the values: counts."""

    current: int = 0  # the newest key had encrypted them
    replaced: int = 0
    changed_meanwhile: int = 0  # another process has stored another value
    unreadable: int = 0  # no key of ENCRYPTION_KEYS decrypts them

    @property
    def complete(self) -> bool:
        """Whether every value needs the newest key only."""
        return not self.changed_meanwhile and not self.unreadable


def columns() -> list[Column]:
    """Every SecretField of every model but KeyCheck, and JSON_COLUMNS."""
    found = [
        Column(model, field.name)
        for model in apps.get_models()
        if model is not KeyCheck
        for field in model._meta.concrete_fields
        if isinstance(field, SecretField)
    ]
    for label, model, name in (text.split(".") for text in JSON_COLUMNS):
        if label in apps.app_configs:
            found.append(Column(apps.get_model(label, model), name))
    return found


def rotate() -> Rotation:
    """Encrypt all values with the first key of ENCRYPTION_KEYS.

    Each value is replaced by itself, so an interrupted run is continued by the next one.
    """
    newest, done = Fernet(settings.ENCRYPTION_KEYS[0]), Rotation()
    for column in columns():
        for batch in column.batches():
            for key, old in batch:
                _rotate_value(column, key, old, newest, done)
    if done.complete:
        record_key()
    return done


def _rotate_value(column: Column, key: Any, old: Any, newest: Fernet, done: Rotation) -> None:
    if all(_encrypted_by(newest, secret) for secret in secrets_in(old)):
        done.current += 1
        return
    try:
        new = _encrypted_again(old, newest)
    except CannotDecrypt:
        done.unreadable += 1
        return
    if column.replace(key, old, new):
        done.replaced += 1
    else:
        done.changed_meanwhile += 1


def record_key() -> None:
    """Store in KeyCheck that the first key of ENCRYPTION_KEYS is the one of the stored secrets, if that is true.

    Without a row, secrets of which none can be decrypted get one that no key decrypts, which locks them.
    """
    states = [_is_readable(value) for _, _, value in _values()]
    check = KeyCheck.objects.first()
    if settings.ENCRYPTION_KEYS and (all(states) or (check is None and any(states))):
        newest = Fernet(settings.ENCRYPTION_KEYS[0])
        if check is None or not _encrypted_by(newest, check.sealed):
            _store_check(newest)
    elif check is None and states:
        _store_check(Fernet(Fernet.generate_key()))


def _store_check(key: Fernet) -> None:
    check = KeyCheck(pk=1)
    check.sealed = Secret(key.encrypt(b"speech studio").decode())
    check.save()


def unreadable() -> int:
    """How many values no key of ENCRYPTION_KEYS decrypts."""
    return sum(not _is_readable(value) for _, _, value in _values())


@transaction.atomic
def remove_unreadable() -> list[tuple[models.Model, str]]:
    """Remove the values that no key decrypts, because their key is lost; returns each row with the name of its column.

    A row whose JSON object has such a value, such as a second factor, is deleted, and so is one that is nothing without
    it, such as a recording.
    """
    lost = [(column, key) for column, key, value in _values() if not _is_readable(value)]
    found = [(column.model._default_manager.get(pk=key), column.name) for column, key in lost]
    for column, key in lost:
        row = column.model._default_manager.filter(pk=key)
        field: Any = column.model._meta.get_field(column.name)
        if isinstance(field, SecretField) and field.null:
            row.update(**{column.name: None})
        else:
            row.delete()
    record_key()
    return found


def _values() -> Iterator[tuple[Column, Any, Any]]:
    """Column, primary key and value of each."""
    for column in columns():
        for batch in column.batches():
            for key, value in batch:
                yield column, key, value


def secrets_in(value: Any) -> list[Secret]:
    """The secrets in the value of a column: itself, or the encrypted texts of a JSON object."""
    if isinstance(value, Secret):
        return [value]
    texts = value.values() if isinstance(value, dict) else []
    return [Secret(text) for text in texts if isinstance(text, str) and text.startswith(_PREFIX)]


def _is_readable(value: Any) -> bool:
    try:
        for secret in secrets_in(value):
            secret.open()
    except CannotDecrypt:
        return False
    return True


def _encrypted_by(key: Fernet, secret: Secret) -> bool:
    try:
        key.decrypt(secret.sealed.encode())
    except InvalidToken:
        return False
    return True


def _encrypted_again(value: Any, key: Fernet) -> Any:
    if isinstance(value, Secret):
        return Secret(key.encrypt(value.open().encode()).decode())
    new = {secret.sealed: key.encrypt(secret.open().encode()).decode() for secret in secrets_in(value)}
    return {name: new.get(text, text) if isinstance(text, str) else text for name, text in value.items()}
