"""A text field whose value is encrypted in the database."""

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models

LOST_KEY = (
    "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
    "Restore the key, or enter the secret again."
)


class CannotDecrypt(Exception):
    """No key of ENCRYPTION_KEYS decrypts the stored value, which stays as it is."""


def keyring() -> MultiFernet:
    """The keys of ENCRYPTION_KEYS: the first one encrypts, each of them decrypts."""
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS: {error}") from None


class Secret:
    """An encrypted text, decrypted only where it is used. `sealed` is the encrypted value."""

    def __init__(self, sealed: str) -> None:
        self.sealed = sealed

    @classmethod
    def of(cls, text: str) -> "Secret":
        return cls(keyring().encrypt(text.encode()).decode())

    def open(self) -> str:
        """The decrypted text. Raises CannotDecrypt when ENCRYPTION_KEYS lacks the key that encrypted it."""
        try:
            return keyring().decrypt(self.sealed.encode()).decode()
        except InvalidToken:
            raise CannotDecrypt(LOST_KEY) from None

    def __repr__(self) -> str:
        return "<Secret>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.sealed == other.sealed

    def __hash__(self) -> int:
        return hash(self.sealed)


class SecretField(models.TextField):  # type: ignore[type-arg]  # Django's takes none at run time
    """A Secret; the column has the encrypted text."""

    def from_db_value(self, value: str | None, *_: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Any:
        return value if value is None or isinstance(value, Secret) else Secret.of(value)

    def get_prep_value(self, value: Any) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Secret):
            raise TypeError("A SecretField takes a Secret; make one with Secret.of(text).")
        return value.sealed
