"""New endpoint, the wizard: each step is checked on the server, and nothing that was typed is lost."""

import re
import uuid

import pytest

from endpoints.models import Change, Draft, Endpoint, Project, SpeechModel, Status

ADDRESS = "/endpoints/new/"


class Wizard:
    """A person in front of the wizard."""

    def __init__(self, client):
        self.client = client
        self.page = client.get(ADDRESS)

    @property
    def text(self):
        return self.page.content.decode()

    @property
    def draft(self):
        return re.search(r'name="draft" value="([^"]+)"', self.text)[1]

    @property
    def step(self):
        return re.search(r'name="step" value="([^"]+)"', self.text)[1]

    def press(self, button, **typed):
        form = {"draft": self.draft, "step": self.step, "go": button, **typed}
        self.page = self.client.post(ADDRESS, form, follow=True)
        return self

    def to_model(self):
        project = Project.objects.get(locale="en-US", display_name__contains="Contoso")
        return self.press("next", project=f"project:{project.pk}", locale="")

    def to_details(self, model=None):
        model = model or SpeechModel.objects.deployable().filter(locale="en-US").first()
        return self.to_model().press("next", model=str(model.pk))

    def to_review(self, **details):
        return self.to_details().press("next", **{"name": "Support calls", "description": "", **details})


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
        ("none", "Choose a model."),
        ("unknown", "does not exist"),
        ("garbage", "does not exist"),
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
    [("", "This field is required."), ("   ", "This field is required."), ("x" * 1000, "at most 256")],
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


def test_add_pressed_twice_makes_one_endpoint(wizard, alice):
    wizard.to_review()
    form = {"draft": wizard.draft, "step": "review", "go": "add"}
    answers = [alice.post(ADDRESS, form) for _press in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Endpoint.objects.count() == Change.objects.count() == 1


def test_a_page_that_is_opened_too_early_shows_the_first_step_that_is_missing(wizard, alice):
    wizard.to_model()
    page = alice.get(ADDRESS, {"draft": wizard.draft, "step": "review"}).content.decode()
    assert 'name="step" value="model"' in page


def test_what_expired_while_the_review_was_open_is_not_deployed(wizard):
    wizard.to_review()
    SpeechModel.objects.update(expires_at="2020-01-15T00:00:00Z")
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
    assert "Choose a language." in wizard.text
    project = Project.objects.get(locale="de-DE", display_name__contains="Contoso")
    wizard.press("next", project=f"project:{project.pk}", locale="en-US")
    assert "The project is for de-DE." in wizard.text
    wizard.press("next", project=f"resource:{mirrored.pk}", locale="de-DE")
    assert wizard.step == "model"
