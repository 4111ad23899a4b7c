"""A text field whose value is encrypted in the database, and whether the keys of the environment are the right ones."""

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

LOST_KEY = (
    "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
    "Restore the key, or enter the secret again."
)
LOST_WHILE_LOCKED = (
    "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
    "It's kept, and can't be replaced until the key is restored."
)
LOCKED = (
    "Stored keys and secrets are locked because ENCRYPTION_KEYS lacks the key that encrypted them. "
    "They're kept, and none can be replaced until the key is restored."
)


class CannotDecrypt(Exception):
    """No key of ENCRYPTION_KEYS decrypts the stored value, which stays as it is."""


class SecretsLocked(CannotDecrypt):
    """A secret is neither replaced nor removed while ENCRYPTION_KEYS lacks the key of the stored ones."""

    def __init__(self) -> None:
        super().__init__(LOCKED)


def keyring() -> MultiFernet:
    """The keys of ENCRYPTION_KEYS: the first one encrypts, each of them decrypts."""
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
    except ValueError as error:
        raise ImproperlyConfigured(f"ENCRYPTION_KEYS: {error}") from None


class Secret:
    """An encrypted text, decrypted only where it is used. `sealed` is the encrypted value.

    `new`: it comes from a person or the environment, and not from the database.
    """

    def __init__(self, sealed: str, *, new: bool = False) -> None:
        self.sealed, self.new = sealed, new

    @classmethod
    def of(cls, text: str) -> "Secret":
        """Raises SecretsLocked when there is no key to encrypt it with."""
        if not settings.ENCRYPTION_KEYS:
            raise SecretsLocked
        return cls(keyring().encrypt(text.encode()).decode(), new=True)

    def open(self) -> str:
        """The decrypted text. Raises CannotDecrypt when ENCRYPTION_KEYS lacks the key that encrypted it."""
        if not settings.ENCRYPTION_KEYS:
            raise CannotDecrypt(LOST_WHILE_LOCKED)
        try:
            return keyring().decrypt(self.sealed.encode()).decode()
        except InvalidToken:
            raise CannotDecrypt(LOST_WHILE_LOCKED if locked() else LOST_KEY) from None

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

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        """Every way of storing a secret goes through here, and none stores a new one while secrets are locked."""
        if isinstance(value, Secret) and value.new:
            refuse_while_locked()
        return super().get_db_prep_save(value, connection)


class KeyCheck(models.Model):
    """One row with a text that the key of all secrets encrypted: where it can't be decrypted, the key is not there.

    encrypted_values.record_key writes it.
    """

    sealed = SecretField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "key check"


def locked() -> bool:
    """Whether ENCRYPTION_KEYS lacks the key of the stored secrets; one query."""
    return is_locked(KeyCheck.objects.values_list("sealed", flat=True).first())


def is_locked(check: Secret | str | None) -> bool:
    """`locked`, by the value of KeyCheck."""
    sealed = check.sealed if isinstance(check, Secret) else check
    return not settings.ENCRYPTION_KEYS or not _decrypts(sealed, tuple(settings.ENCRYPTION_KEYS))


def refuse_while_locked() -> None:
    """Raises SecretsLocked."""
    if locked():
        raise SecretsLocked


@lru_cache(maxsize=8)
def _decrypts(sealed: str | None, keys: tuple[str, ...]) -> bool:
    """Cached, because each poll asks."""
    try:
        return sealed is None or bool(MultiFernet([Fernet(key) for key in keys]).decrypt(sealed))
    except InvalidToken:
        return False
