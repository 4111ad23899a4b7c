"""The pages of a person's account, which django-allauth makes, in our words."""

import ast
import re
from html import unescape
from pathlib import Path

import allauth
import django
import pytest
from django.template import Context, Template
from django.urls import reverse
from django.utils.html import strip_tags

from tests.test_translation import entries

ROOT = Path(__file__).resolve().parent.parent.parent
CATALOGS = ROOT / "locale/libraries"
OPEN = ["account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done"]
SIGNED_IN = [
    "account_change_password",
    "mfa_index",
    "mfa_activate_totp",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "usersessions_list",
]
TITLE_CASE = re.compile(r"<(?:h1|h2|label|button|a)\b[^>]*>\s*(?:[A-Z][a-z]+ )+[A-Z][a-z]+\s*</")
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Version/19.1 Safari/604.1"


def page(person, name, language="en"):
    return person.get(reverse(name), headers={"Accept-Language": language}).content.decode()


@pytest.mark.parametrize("name", SIGNED_IN)
def test_headings_labels_and_buttons_are_written_like_ours(name, alice):
    main = page(alice, name).partition("<main")[2]
    assert main
    assert TITLE_CASE.findall(main) == []


@pytest.mark.parametrize("name", SIGNED_IN)
def test_german_pages_say_kennwort(name, alice):
    text = page(alice, name, "de")
    assert 'lang="de"' in text
    assert "Passwort" not in unescape(strip_tags(text))


@pytest.mark.parametrize("name", OPEN)
@pytest.mark.parametrize("language", ["en", "de"])
def test_pages_for_everybody_are_written_like_ours(name, language, client, db):
    text = client.get(reverse(name), headers={"Accept-Language": language}).content.decode()
    assert TITLE_CASE.findall(text.partition("<body")[2]) == []
    assert "Passwort" not in unescape(strip_tags(text))


def test_the_qr_code_is_in_the_page_as_the_policy_allows_no_other_images(alice):
    text = page(alice, "mfa_activate_totp")
    assert '<svg width="' in text
    assert "data:image" not in text


def sentences_of_libraries():
    for library in (allauth, django):
        root = Path(library.__file__).parent
        for file in root.rglob("*.html"):
            yield re.sub(r"{{ ?(\w+) ?}}", r"%(\1)s", file.read_text(encoding="utf-8"))
        for file in root.rglob("*.txt"):
            yield re.sub(r"{{ ?(\w+) ?}}", r"%(\1)s", file.read_text(encoding="utf-8"))
        for file in root.rglob("*.py"):
            if b"gettext" in (source := file.read_bytes()):
                yield "\n".join(
                    n.value
                    for n in ast.walk(ast.parse(source))
                    if isinstance(n, ast.Constant) and isinstance(n.value, str)
                )


def test_each_sentence_that_we_replace_is_one_of_the_library():
    said = "\n".join(sentences_of_libraries())
    ours = {one["msgid"] for language in ("en", "de") for one in entries(CATALOGS / language / "LC_MESSAGES/django.po")}
    assert {sentence for sentence in ours if sentence not in said} == set()


@pytest.mark.parametrize(
    ("user_agent", "shown"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Linux"),
        (f"{CHROME} Edg/150.0.0.0", "Microsoft Edge on Linux"),
        (SAFARI, "Safari on iOS"),
        ("curl/8.16.0", "curl/8.16.0"),
        ("x" * 200, "x" * 40),
        ("", "Unknown"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_a_session_names_browser_and_system(user_agent, shown):
    template = Template("{% load browsers %}{{ user_agent|browser }}")
    assert template.render(Context({"user_agent": user_agent})) == shown
