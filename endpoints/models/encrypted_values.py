"""All encrypted values of the database: which keys they need, and encrypting them with the newest key."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models

from endpoints.models.secret import CannotDecrypt, Secret, SecretField

BATCH = 200  # rows
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
        """Primary keys and values, in the order of the primary key, BATCH at a time."""
        rows = self.model._default_manager.exclude(**{f"{self.name}__isnull": True}).order_by("pk")
        last = None
        while batch := list((rows.filter(pk__gt=last) if last else rows).values_list("pk", self.name)[:BATCH]):
            yield batch
            last = batch[-1][0]

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
    """Every SecretField of every model, and JSON_COLUMNS."""
    found = [
        Column(model, field.name)
        for model in apps.get_models()
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


def unreadable() -> int:
    """How many values no key of ENCRYPTION_KEYS decrypts."""
    return sum(not _is_readable(value) for column in columns() for batch in column.batches() for _, value in batch)


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
