"""German: every text is translated, and no page mixes two languages."""

import ast
import gettext
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from html import unescape
from pathlib import Path

import django
import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation

from endpoints.changes.bulk import Action
from endpoints.models import Endpoint, Preferences, Resource, SavedView, SpeechModel
from endpoints.pages.errors import failed
from tests.changes.requests import request_model
from tests.pages.bulk_review import review, submit_review
from tests.pages.reading import page_of
from tests.pages.wizard import Wizard

ROOT = Path(__file__).resolve().parent.parent
CATALOG = ROOT / "locale/de/LC_MESSAGES/django.po"
GERMAN = {"Accept-Language": "de"}
TOLD = "Run `manage.py makemessages -l de`, translate what is new, and run `manage.py compilemessages -l de`."
PLACEHOLDER = re.compile(r"%%|%\(\w+\)[a-z]|%[a-z]|\{\w*\}|</?\w+[^>]*>")


def entries(source):
    """The entries of a .po file, each by its keywords: msgctxt, msgid, msgid_plural, msgstr, msgstr[0] ..."""
    for entry in source.read_text(encoding="utf-8").split("\n\n"):
        yield {
            key: "".join(ast.literal_eval(line) for line in lines.splitlines())
            for key, lines in re.findall(r'^(msg\S+) ((?:".*"\n?)+)', entry, re.MULTILINE)
        }


def texts(source):
    """The texts of a .po file with their translations, without the head."""
    return [said for said in entries(source) if said.get("msgid")]


def names(said):
    return {(one.get("msgctxt", ""), one["msgid"], one.get("msgid_plural", "")) for one in said}


def translations(said):
    return [text for key, text in said.items() if key.startswith("msgstr")]


def test_every_text_that_is_shown_is_in_the_german_catalog_and_no_other(tmp_path):
    if not shutil.which("xgettext"):
        pytest.skip("xgettext is not installed, so new texts are not looked for.")
    for room in ("endpoints", "speechstudio", "templates"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "simulator"))
    (tmp_path / "locale").mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "django", "makemessages", "--locale", "de", "--no-location", "--no-wrap"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    found, known = names(texts(tmp_path / "locale/de/LC_MESSAGES/django.po")), names(texts(CATALOG))
    assert sorted(found - known) == [], TOLD
    assert sorted(known - found) == [], TOLD


def test_every_text_has_its_german_one():
    assert [said["msgid"] for said in texts(CATALOG) if not all(translations(said))] == [], TOLD


def test_no_translation_is_a_guess_or_left_over():
    assert re.findall(r"^(?:#,.*fuzzy|#~.*)", CATALOG.read_text(encoding="utf-8"), re.MULTILINE) == []


def test_a_translation_keeps_the_placeholders_and_the_markup():
    for said in texts(CATALOG):
        one, many = (Counter(PLACEHOLDER.findall(said.get(key, said["msgid"]))) for key in ("msgid", "msgid_plural"))
        for number, text in enumerate(translations(said)):
            # The first plural form is for one, and need not contain the number.
            assert Counter(PLACEHOLDER.findall(text)) in ([one, many] if number == 0 else [many]), said["msgid"]


def test_a_translation_ends_as_its_text_does():
    for said in texts(CATALOG):
        for text in translations(said):
            ends = [re.search(r"[.:!?…]?$", one)[0] for one in (said["msgid"], text)]
            assert ends[0] == ends[1], said["msgid"]


def test_the_compiled_texts_are_made_from_the_written_ones():
    compiled = dict(catalogue_of(CATALOG.with_suffix(".mo")))
    compiled.pop("", None)
    written = {}
    for said in texts(CATALOG):
        name = f"{said['msgctxt']}\x04{said['msgid']}" if "msgctxt" in said else said["msgid"]
        if "msgid_plural" in said:
            written |= {(name, form): text for form, text in enumerate(translations(said))}
        else:
            written[name] = said["msgstr"]
    assert compiled == written


def test_no_text_of_ours_changes_one_of_djangos():
    """Django merges all catalogs, so a column named May would rename the month."""
    core = catalogue_of(Path(django.__file__).parent / "conf/locale/de/LC_MESSAGES/django.mo")
    ours = catalogue_of(CATALOG.with_suffix(".mo"))
    assert {name: ours[name] for name in ours if name and core.get(name, ours[name]) != ours[name]} == {}


def catalogue_of(compiled):
    with compiled.open("rb") as file:
        return vars(gettext.GNUTranslations(file))["_catalog"]


ENGLISH = re.compile(
    r"\b(?:the|and|of|is|are|with|this|not|from|your|has|have|be|by|to|it|its|for|at|or|yet|you|can"
    r"|deploy\w*|search|save\w*|cancel\w*|delete\w*|change\w*|add|apply|next|back|close|show|hide|copy|edit|sign"
    r"|model|endpoint|endpoints|resource|resources|settings|activity|expires|expired|locale|kind|days?|left|error)\b",
    re.IGNORECASE,
)
# Not translated: texts of people and of the service, code, keys, and names of places.
FOREIGN = re.compile(r"<(bdi|code|pre|kbd|optgroup|textarea)\b.*?</\1>", re.DOTALL)
PROPER = re.compile(
    r"Speech Studio|Speech CLI|Speech-\w+|Microsoft Entra|REST-API|customspeech-audiologs|westeurope|eastus"
    r"|Contoso[^<]*|https?://\S*|SPEECH_\w+|English"
)
SAID = re.compile(r'\b(?:title|aria-label|placeholder|alt|data-label|data-one|data-many|data-done|content)="([^"]*)"')


def left_over(page):
    """The English texts of a page, including attributes that are shown or read aloud."""
    shown = FOREIGN.sub(" ", page)
    # Technical contents, such as that of the viewport, are not shown.
    shown = re.sub(r'<meta name="(?:viewport|color-scheme|htmx-config)"[^>]*>', "", shown)
    pieces = [*re.split(r"<[^>]*>", shown), *SAID.findall(shown)]
    found = {unescape(" ".join(piece.split())) for piece in pieces}
    return sorted(piece for piece in found if ENGLISH.search(PROPER.sub("", piece)))


def leftovers(client, *addresses):
    """The English texts of each page that is requested in German."""
    found = {}
    for address in addresses:
        answer = client.get(address, headers=GERMAN)
        assert answer["Content-Language"] == "de", address
        found[address] = left_over(answer.content.decode())
    return {address: pieces for address, pieces in found.items() if pieces}


@pytest.fixture
def full(resource, world, worker):
    """Endpoints with content logs. Markup distinguishes names of the service from texts of ours."""
    world.begin(endpoints=5, logs=2, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.filter(status="Succeeded").first()


LISTS = ("list", "downloads", "models", "activity", "resources", "settings", "shortcuts", "views", "resource-new")


def test_pages_without_data_are_german(alice):
    assert leftovers(alice, *(reverse(f"endpoints:{name}") for name in LISTS)) == {}


def test_lists_are_german(alice, full):
    SavedView.objects.create(owner=alice.user, name="Meine", query="q=x", shared=True)
    pages = [reverse(f"endpoints:{name}") for name in LISTS]
    nothing_found = [f"{reverse(f'endpoints:{name}')}?q=zzzzzz" for name in ("list", "models")]
    resource = reverse("endpoints:resource-edit", args=[Resource.objects.get().pk])
    assert leftovers(alice, *pages, *nothing_found, resource) == {}


def test_the_pages_of_an_endpoint_are_german(alice, full, worker):
    worker.step(request_model(alice, full, fitting_model(full)))
    alice.post(page_of("download", full))
    pages = [page_of(name, full) for name in ("detail", "logs", "change-model", "edit", "delete")]
    other = Endpoint.objects.exclude(pk=full.pk).filter(status="Succeeded").first()
    pages += [page_of(name, other) for name in ("detail", "change-model", "edit", "delete")]
    pages += [f"{page_of('change-model', other)}?model={fitting_model(other).pk}"]
    pages += [reverse("endpoints:activity"), reverse("endpoints:downloads"), reverse("endpoints:list")]
    assert leftovers(alice, *pages) == {}


def test_texts_that_a_worker_stored_are_shown_in_the_readers_language(alice, full, world, worker):
    change = request_model(alice, full, fitting_model(full))
    world.call("DELETE", f"/endpoints/{full.remote_id}")
    worker.mirror()
    worker.step(change)
    assert change.error
    with translation.override("de"):
        german = translation.gettext(change.error)
    assert german != change.error
    assert german in alice.get(page_of("detail", full), headers=GERMAN).content.decode()
    assert leftovers(alice, page_of("detail", full), reverse("endpoints:activity")) == {}


def fitting_model(endpoint):
    models = SpeechModel.objects.deployable().filter(locale=endpoint.locale).exclude(pk=endpoint.model_id)
    return models.exclude(display_name__icontains="broken").first()


def test_each_step_of_the_wizard_is_german_and_so_are_its_errors(alice, mirrored):
    Preferences.objects.create(user=alice.user, language="de")
    wizard = Wizard(alice)
    seen = {"project": left_over(wizard.press("next", project="").text)}
    seen["model"] = left_over(wizard.to_model().press("next").text)
    seen["details"] = left_over(wizard.to_details().press("next", name="").text)
    seen["review"] = left_over(wizard.press("next", name="Anrufe").text)
    assert wizard.step == "review"
    assert {step: pieces for step, pieces in seen.items() if pieces} == {}


def test_the_review_of_many_endpoints_and_its_progress_are_german(alice, full):
    Preferences.objects.create(user=alice.user, language="de")
    endpoints, model = list(Endpoint.objects.all()), str(fitting_model(full).pk)
    assert left_over(review(alice, "change-model", endpoints).content.decode()) == []
    for action in Action:
        answer = review(alice, action, endpoints, new_model=model)
        assert left_over(answer.content.decode()) == [], action
    count = re.search(r"<strong>(\d+)</strong>", answer.content.decode())[1]
    bulk = submit_review(alice, answer, count=count, reason="Wird nicht mehr gebraucht")
    assert leftovers(alice, reverse("endpoints:bulk-progress", args=[bulk.pk])) == {}


def test_what_is_answered_in_place_of_a_page_is_german(alice, nemo, db):
    alice.raise_request_exception = False
    assert leftovers(nemo, "/endpoints/") == {}
    assert leftovers(alice, "/nowhere/", "/endpoints/bulk/?action=x") == {}
    assert leftovers(Client(), "/sign-in/") == {}
    forged = Client(enforce_csrf_checks=True).post("/sign-in/", {}, headers=GERMAN)
    assert (forged.status_code, left_over(forged.content.decode())) == (403, [])
    with translation.override("de"):
        assert left_over(failed(RequestFactory().get("/")).content.decode()) == []


def test_a_refused_sign_in_is_german(db):
    answer = Client().post("/sign-in/", {"username": "nobody", "password": "x"}, headers=GERMAN)
    assert "Es ist ein Problem aufgetreten" in answer.content.decode()
    assert left_over(answer.content.decode()) == []
