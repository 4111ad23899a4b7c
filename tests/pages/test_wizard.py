"""The New endpoint wizard: each step is validated on the server, and no input is lost."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints.models import Change, Draft, Endpoint, Project, SpeechModel, Status
from endpoints.models.model import ModelKind
from tests.pages.wizard import ADDRESS, Wizard

LONG_AGO = "2020-01-15T00:00:00Z"


@pytest.fixture
def wizard(alice, mirrored):
    return Wizard(alice)


def test_an_endpoint_is_deployed_step_by_step(wizard, world):
    wizard.to_review(description="EU hotline", logging="on")
    assert wizard.step == "review"
    for word in ("Support calls", "EU hotline", "en-US", ">Add</button>"):
        assert word in wizard.text
    assert not Change.objects.exists()

    wizard.press("add")

    change = Change.objects.get()
    assert (change.endpoint.display_name, change.endpoint.logging_enabled) == ("Support calls", True)
    assert change.endpoint.project.locale == "en-US"
    assert wizard.page.redirect_chain[-1][0] == "/endpoints/"
    assert f'id="endpoint-{change.endpoint_id}"' in wizard.text
    assert not Draft.objects.exists()
    assert world.ledger("POST") == []


def test_each_step_begins_with_a_heading_of_the_same_level(wizard):
    model = SpeechModel.objects.deployable().filter(locale="en-US").first()
    headings = [h2(wizard.text), h2(wizard.to_model().text)]
    for typed in ({"model": str(model.pk)}, {"name": "Support calls"}):
        headings.append(h2(wizard.press("next", **typed).text))
    assert headings == [["Project and language"], ["Model"], ["Details"], ["Review"]]


def h2(html):
    return re.findall(r"<h2>(.*?)</h2>", html)


def test_only_models_of_the_locale_that_can_be_deployed_can_be_chosen(wizard):
    wizard.to_model()
    deployable = set(SpeechModel.objects.deployable().filter(locale="en-US"))
    shown = {model for model in SpeechModel.objects.all() if f'value="{model.pk}"' in wizard.text}
    assert {model.locale for model in shown} == {"en-US"}
    assert {model for model in shown if model.usable} == deployable
    for model in shown - deployable:
        radio = re.search(rf'<input[^>]*value="{model.pk}"[^>]*>', wizard.text)[0]
        assert "disabled" in radio
        assert model.why_not in wizard.text


@pytest.mark.parametrize(
    ("which", "error"),
    [
        ("none", "Select a model."),
        ("unknown", "doesn't exist"),
        ("garbage", "doesn't exist"),
        ("other locale", "the endpoint is for en-US"),
        ("expired", "Expired"),
    ],
)
def test_a_model_that_does_not_fit_gives_the_fields_error(wizard, which, error):
    chosen = {
        "none": lambda: "",
        "unknown": uuid.uuid4,
        "garbage": lambda: "' OR 1=1--",
        "other locale": lambda: SpeechModel.objects.deployable().filter(locale="de-DE")[0].pk,
        "expired": lambda: next(
            model.pk
            for model in SpeechModel.objects.filter(locale="en-US", status=Status.SUCCEEDED)
            if model.expiration and model.expiration.level == "expired"
        ),
    }[which]()
    wizard.to_model().press("next", model=str(chosen))
    assert wizard.page.status_code == 422
    assert wizard.step == "model"
    assert error in wizard.text


@pytest.mark.parametrize(
    ("name", "error"),
    [("", "Enter a name."), ("   ", "Enter a name."), ("x" * 1000, "no more than 256")],
)
def test_a_wrong_name_gives_the_fields_error_and_keeps_the_rest(wizard, name, error):
    wizard.to_details().press("next", name=name, description="Kept as typed", logging="on")
    assert wizard.page.status_code == 422
    assert error in wizard.text
    assert "Kept as typed" in wizard.text
    assert re.search(r'<input[^>]*name="logging"[^>]*checked', wizard.text)
    assert not Change.objects.exists()


def test_back_keeps_what_was_typed_even_when_it_is_not_valid_yet(wizard):
    wizard.to_details().press("back", name="", description="Half a thought")
    assert wizard.step == "model"
    assert "checked" in wizard.text
    wizard.press("next", model=re.search(r'value="([^"]+)"[^>]* checked', wizard.text)[1])
    assert "Half a thought" in wizard.text


def test_review_leads_to_the_step_that_is_to_be_changed_and_back(wizard):
    wizard.to_review().press("to:details")
    assert wizard.step == "details"
    wizard.press("next", name="Renamed", description="")
    assert wizard.step == "review"
    assert "Renamed" in wizard.text


def test_submitting_add_twice_makes_one_endpoint(wizard, alice):
    wizard.to_review()
    form = {"draft": wizard.draft, "step": "review", "go": "add"}
    answers = [alice.post(ADDRESS, form) for _press in range(2)]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(302, "/endpoints/")] * 2
    assert Endpoint.objects.count() == Change.objects.count() == 1


def test_another_step_that_is_sent_after_add_is_refused_as_already_sent(wizard, alice):
    wizard.to_review().press("add")
    late = {"draft": str(Change.objects.get().pk), "step": "details", "go": "next", "name": "Other", "description": ""}
    answer = alice.post(ADDRESS, late)
    assert answer.status_code == 409
    assert "already submitted this form with different content" in answer.content.decode()
    assert Endpoint.objects.get().display_name == "Support calls"


def test_a_page_that_is_opened_too_early_shows_the_first_step_that_is_missing(wizard, alice):
    wizard.to_model()
    page = alice.get(ADDRESS, {"draft": wizard.draft, "step": "review"}).content.decode()
    assert 'name="step" value="model"' in page


def test_what_expired_while_the_review_was_open_is_not_deployed(wizard):
    wizard.to_review()
    SpeechModel.objects.update(expires_at=LONG_AGO)
    wizard.press("add")
    assert wizard.step == "model"
    assert "Expired" in wizard.text
    assert not Change.objects.exists()


def test_a_draft_is_its_owners_alone(wizard, alice, django_user_model):
    wizard.to_model()
    Draft.objects.update(owner=django_user_model.objects.create_user("mallory"))
    assert alice.get(ADDRESS, {"draft": wizard.draft, "step": "model"}).status_code == 404


@pytest.mark.parametrize("address", ["?draft=nonsense", "?step=nonsense", f"?draft={uuid.UUID(int=1)}&step=nonsense"])
def test_a_made_up_address_gives_a_page_that_says_so(alice, mirrored, address):
    assert alice.get(ADDRESS + address).status_code == 404


def test_a_locale_is_needed_without_a_project_and_must_be_the_projects_with_one(wizard, mirrored):
    wizard.press("next", project=f"resource:{mirrored.pk}", locale="")
    assert "Select a language." in wizard.text
    project = Project.objects.get(locale="de-DE", display_name__contains="Contoso")
    wizard.press("next", project=f"project:{project.pk}", locale="en-US")
    assert "The project is for de-DE." in wizard.text
    wizard.press("next", project=f"resource:{mirrored.pk}", locale="de-DE")
    assert wizard.step == "model"


def offered(page):
    """The ids of the models that are shown, in order."""
    return re.findall(r'name="model" id="model-([^"]+)"', page)


@pytest.fixture
def ten(wizard, mirrored):
    """The wizard at its list of models: ten custom models and one base model."""
    SpeechModel.objects.filter(locale="en-US").update(gone_at=timezone.now())
    facts = {"resource": mirrored, "locale": "en-US", "status": Status.SUCCEEDED, "supports_endpoints": True}
    for number in range(10):
        named = {"display_name": f"Calls {number:02}", "description": f"Batch {number % 2}", "kind": ModelKind.CUSTOM}
        SpeechModel.objects.create(remote_id=str(uuid.UUID(int=number)), **named, **facts)
    named = {"display_name": "20260101", "description": "Überall", "kind": ModelKind.BASE}
    SpeechModel.objects.create(remote_id=str(uuid.UUID(int=99)), **named, **facts)
    return wizard.to_model()


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("calls 03", ["Calls 03"]),
        ("BATCH calls 04", ["Calls 04"]),
        ("base m", ["20260101"]),
        ("base 2026", ["20260101"]),
        ("über", ["20260101"]),
        (str(uuid.UUID(int=5)), ["Calls 05"]),
        ("nothing like it", []),
        ("100%", []),
        ("' OR 1=1--\0", []),
    ],
)
def test_models_are_found_by_name_description_kind_and_id(ten, words, names):
    page = ten.rows(models=words)
    assert [SpeechModel.objects.get(pk=pk).display_name for pk in offered(page)] == names
    count = "1 model found" if len(names) == 1 else f"{len(names)} models found"
    assert count in page
    assert "<html" not in page


def test_the_chosen_model_stays_chosen_out_of_sight(ten):
    chosen = SpeechModel.objects.get(display_name="Calls 07")
    page = ten.rows(models="calls 01", model=str(chosen.pk))
    other = SpeechModel.objects.get(display_name="Calls 01")
    assert offered(page) == [str(chosen.pk), str(other.pk)]
    assert re.findall(r'value="([^"]+)" checked', page) == [str(chosen.pk)]
    assert "1 model found" in page


def test_without_script_a_search_keeps_what_was_chosen(ten):
    chosen = SpeechModel.objects.get(display_name="Calls 07")
    ten.press("search", models="calls 01", searched="", model=str(chosen.pk))
    assert (ten.page.status_code, ten.step) == (200, "model")
    assert len(offered(ten.text)) == 2
    assert f'value="{chosen.pk}" checked' in ten.text
    assert 'name="models" value="calls 01"' in ten.text
    ten.press("enter", models="calls 02", searched="calls 01", model=str(chosen.pk))
    assert ten.step == "model"
    ten.press("enter", models="calls 02", searched="calls 02", model=str(chosen.pk))
    assert ten.step == "details"


def test_of_hundreds_of_models_the_first_are_shown_and_all_are_counted(ten, mirrored, django_assert_max_num_queries):
    with CaptureQueriesContext(connection) as few:
        ten.rows(models="")
    facts = {"resource": mirrored, "locale": "en-US", "status": Status.SUCCEEDED, "supports_endpoints": True}
    SpeechModel.objects.bulk_create(
        SpeechModel(remote_id=str(uuid.uuid4()), display_name=f"Bulk {number}x", kind=ModelKind.CUSTOM, **facts)
        for number in range(300)
    )
    with django_assert_max_num_queries(len(few) + 1):
        page = ten.rows(models="")
    assert len(offered(page)) == 50
    assert "Showing the first 50 of 311 models. Search to find others." in page
    assert len(offered(ten.rows(models="bulk 299x"))) == 1


def test_rows_for_a_draft_that_has_lost_its_place_reload_the_page(alice, mirrored):
    headers = {"HX-Request": "true", "HX-Target": "model-rows"}
    answer = alice.get(ADDRESS, {"draft": str(uuid.uuid4()), "step": "model", "models": "x"}, headers=headers)
    assert answer.headers["HX-Refresh"] == "true"


@pytest.mark.parametrize(("days", "warned"), [(89, True), (400, False)])
def test_each_step_warns_of_a_model_that_expires_soon(wizard, days, warned):
    SpeechModel.objects.deployable().update(expires_at=timezone.now() + timedelta(days=days, hours=1))
    said = [f"{days} days left", "The model expires on"]
    wizard.to_model()
    assert (
        bool(re.search(rf'<span class="badge[^>]*>(?:(?!</span>).)*{days} days left', wizard.text, re.DOTALL)) == warned
    )
    wizard.to_details()
    assert [words in wizard.text for words in said] == [warned, warned]
    wizard.press("next", name="Support calls", description="")
    assert [words in wizard.text for words in said] == [warned, warned]


@pytest.fixture
def original(endpoint):
    """An endpoint to clone."""
    Endpoint.objects.update(display_name="Support calls", description="EU hotline", logging_enabled=True)
    model = SpeechModel.objects.deployable().filter(locale=endpoint.locale).first()
    project = Project.objects.filter(locale=endpoint.locale).first()
    Endpoint.objects.update(model=model, project=project)
    endpoint.refresh_from_db()
    return endpoint


def clone(client, endpoint):
    wizard = Wizard(client)
    wizard.page = client.get(ADDRESS, {"clone": str(endpoint.pk)}, follow=True)
    return wizard


def test_a_clone_opens_at_the_review_with_everything_filled_in(alice, original):
    wizard = clone(alice, original)
    assert wizard.step == "review"
    wizard.press("add")
    made = Change.objects.get().endpoint
    assert made.display_name == "Copy of Support calls"
    same = ("description", "logging_enabled", "model", "project", "locale", "resource")
    assert [getattr(made, fact) for fact in same] == [getattr(original, fact) for fact in same]


def test_the_name_of_a_clone_is_cut_to_what_is_allowed(alice, original):
    Endpoint.objects.update(display_name="x" * 300)
    wizard = clone(alice, original)
    assert wizard.step == "review"
    assert "Copy of " + "x" * 248 + "<" in wizard.text


@pytest.mark.parametrize(
    ("rows", "facts", "step", "why"),
    [
        (SpeechModel, {"expires_at": LONG_AGO}, "model", "This model can't be deployed: Expired"),
        (SpeechModel, {"gone_at": LONG_AGO}, "model", "This model can't be deployed: Deleted in Azure"),
        (Endpoint, {"model": None}, "model", "Select a model."),
        (Endpoint, {"project": None, "locale": "xx-XX"}, "project", "No model can be deployed for xx-XX"),
        (Project, {"gone_at": LONG_AGO}, "project", "This project no longer exists"),
        (Endpoint, {"description": "x" * 3000}, "details", "no more than 2000"),
    ],
)
def test_a_clone_of_what_no_longer_fits_opens_where_it_does_not_and_says_why(alice, original, rows, facts, step, why):
    rows.objects.update(**facts)
    wizard = clone(alice, original)
    assert wizard.step == step
    assert why in unescape(wizard.text)


@pytest.mark.parametrize("address", ["?clone=nonsense", f"?clone={uuid.UUID(int=1)}"])
def test_a_clone_of_nothing_is_not_found(alice, mirrored, address):
    assert alice.get(ADDRESS + address).status_code == 404
    assert not Draft.objects.exists()


def test_the_summary_of_errors_takes_focus_and_leads_to_each_field(wizard):
    wizard.to_details().press("next", name="", description="x" * 3000)
    summary = re.search(r'<div class="banner banner-danger"[^>]*autofocus>.*?</ul>', wizard.text, re.DOTALL)[0]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["id_name", "id_description"]
    assert all(f'id="{target}"' in wizard.text for target in targets)
