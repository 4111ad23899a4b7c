"""A form says what to enter or select, in the reader's language, next to the field; never Django's own sentence."""

import os
import re

import pytest
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.test import RequestFactory
from django.urls import reverse
from django.utils import translation

from endpoints.changes.bulk import Action
from endpoints.models import Address, Endpoint, Resource
from endpoints.pages.forms import (
    addresses,
    alerts,
    bulk,
    content_logs,
    endpoint,
    grants,
    new_endpoint,
    people,
    preferences,
    probes,
    resource,
    resource_states,
    second_factor,
    sign_in,
    tokens,
)
from endpoints.pages.forms.error_texts import Form, ModelBoundForm
from endpoints.pages.forms.second_key import SecondKeyForm
from tests.demo import ROOT
from tests.pages.input_rules import document


def an_address(of):
    return Address(name="hotline", locale=of["endpoint"].locale, endpoint=of["endpoint"])


# How each form is made, from what was sent and from the page's people and rows.
MADE = {
    addresses.EndpointForm: lambda sent, of: addresses.EndpointForm(sent, person=of["person"]),
    addresses.AddressForm: lambda sent, of: addresses.AddressForm(sent, person=of["person"]),
    addresses.MoveForm: lambda sent, of: addresses.MoveForm(sent, person=of["person"], address=an_address(of)),
    addresses.ShareForm: lambda sent, of: addresses.ShareForm(sent, person=of["person"], address=an_address(of)),
    addresses.StandbyForm: lambda sent, of: addresses.StandbyForm(sent, person=of["person"], address=an_address(of)),
    addresses.DescriptionForm: lambda sent, of: addresses.DescriptionForm(sent),
    addresses.DeleteAddressForm: lambda sent, of: addresses.DeleteAddressForm(sent, address=an_address(of)),
    alerts.ChannelForm: lambda sent, of: alerts.ChannelForm(sent, person=of["person"]),
    bulk.BulkForm: lambda sent, of: bulk.BulkForm(sent, person=of["person"], action=Action.DELETE),
    content_logs.DownloadForm: lambda sent, of: content_logs.DownloadForm(sent, dated=True),
    content_logs.KeepForm: lambda sent, of: content_logs.KeepForm(sent),
    content_logs.PurgeForm: lambda sent, of: content_logs.PurgeForm(
        sent, person=of["person"], endpoint=of["endpoint"], by_day=True, count=100
    ),
    endpoint.ChangeForm: lambda sent, of: endpoint.ChangeForm(sent, endpoint=of["endpoint"], asker=of["person"]),
    endpoint.ChangeModelForm: lambda sent, of: endpoint.ChangeModelForm(
        sent, endpoint=of["endpoint"], person=of["person"]
    ),
    endpoint.DeleteForm: lambda sent, of: endpoint.DeleteForm(sent, endpoint=of["endpoint"], asker=of["person"]),
    endpoint.EditForm: lambda sent, of: endpoint.EditForm(sent, endpoint=of["endpoint"], asker=of["person"]),
    endpoint.GoBackForm: lambda sent, of: endpoint.GoBackForm(sent),
    new_endpoint.DetailsForm: lambda sent, of: new_endpoint.DetailsForm(sent, resource=of["endpoint"].resource),
    new_endpoint.ModelForm: lambda sent, of: new_endpoint.ModelForm(
        sent, person=of["person"], resource=of["endpoint"].resource, locale="en-US"
    ),
    new_endpoint.PlaceForm: lambda sent, of: new_endpoint.PlaceForm(sent, person=of["person"]),
    preferences.PreferencesForm: lambda sent, of: preferences.PreferencesForm(
        sent, browsers_zone=None, browsers_language="en"
    ),
    probes.EveryForm: lambda sent, of: probes.EveryForm(sent),
    probes.RecordingForm: lambda sent, of: probes.RecordingForm(sent),
    probes.TryForm: lambda sent, of: probes.TryForm(sent, others=[of["endpoint"]]),
    resource.ResourceForm: lambda sent, of: resource.ResourceForm(sent, person=of["person"]),
    resource_states.PauseForm: lambda sent, of: resource_states.PauseForm(sent, count=100),
    resource_states.RemoveForm: lambda sent, of: resource_states.RemoveForm(sent, count=100),
    grants.GrantForm: lambda sent, of: grants.GrantForm(sent, person=of["person"]),
    grants.GroupForm: lambda sent, of: grants.GroupForm(sent),
    tokens.ServiceAccountForm: lambda sent, of: tokens.ServiceAccountForm(sent),
    tokens.TokenForm: lambda sent, of: tokens.TokenForm(sent, person=of["person"]),
    people.InvitationForm: lambda sent, of: people.InvitationForm(sent),
    sign_in.SignInForm: lambda sent, of: sign_in.SignInForm(data=sent, request=None),
    sign_in.ConfirmForm: lambda sent, of: sign_in.ConfirmForm(sent, user=of["person"]),
    sign_in.ChangePasswordForm: lambda sent, of: sign_in.ChangePasswordForm(of["person"], sent),
    sign_in.NewPasswordForm: lambda sent, of: sign_in.NewPasswordForm(sent, user=of["person"]),
    sign_in.ResetPasswordForm: lambda sent, of: sign_in.ResetPasswordForm(sent),
    second_factor.CodeForm: lambda sent, of: second_factor.CodeForm(sent, user=of["person"]),
    second_factor.ConfirmCodeForm: lambda sent, of: second_factor.ConfirmCodeForm(sent, user=of["person"]),
    second_factor.SetUpCodeForm: lambda sent, of: second_factor.SetUpCodeForm(sent, user=of["person"]),
    second_factor.PasskeyForm: lambda sent, of: second_factor.PasskeyForm(sent, user=of["person"]),
    second_factor.PasskeySignInForm: lambda sent, of: second_factor.PasskeySignInForm(sent),
    second_factor.AddPasskeyForm: lambda sent, of: second_factor.AddPasskeyForm(sent, user=of["person"]),
    second_factor.RenamePasskeyForm: lambda sent, of: second_factor.RenamePasskeyForm(
        sent, instance=Authenticator(user=of["person"], type="webauthn", data={"name": "Telephone"})
    ),
    SecondKeyForm: lambda sent, of: SecondKeyForm(sent, resource=Resource.objects.get()),
}


def ours(form):
    """All subclasses of a form that this product defines."""
    for one in form.__subclasses__():
        if one.__module__.startswith(("endpoints.", "speechstudio.")):
            yield one
        yield from ours(one)


def test_every_form_is_among_those_that_are_walked_here():
    assert {*ours(forms.BaseForm)} - {Form, ModelBoundForm, sign_in.OurWords} == {*MADE}


@pytest.fixture
def of(alice, world, resource, worker, settings):
    world.begin(endpoints=2, rate_limit="0/0")
    worker.mirror()
    settings.PURPOSE_REQUIRED = True
    request = RequestFactory().get("/")
    request.user, request.session = alice.user, alice.session
    with request_context(request):
        yield {"person": alice.user, "endpoint": Endpoint.objects.present()[0]}


def test_the_documentation_has_the_rules_of_each_field(of):
    """UPDATE_INPUT=1 writes the page."""
    page = document({form.__name__: made({}, of) for form, made in MADE.items()})
    path = ROOT / "docs" / "input.md"
    if os.environ.get("UPDATE_INPUT"):
        path.write_text(page)
    assert path.read_text() == page


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("made", MADE.values(), ids=[form.__name__ for form in MADE])
def test_an_empty_required_field_says_what_to_do(of, made, language):
    with translation.override(language):
        form = made({}, of)
        for name, field in form.fields.items():
            if field.required and not field.disabled:
                told = " ".join(form.errors[name])
                assert told != str(forms.Field.default_error_messages["required"]), name
                assert re.search(
                    r"[Ee]nter |[Ss]elect |[Rr]eload "
                    if language == "en"
                    else r"[Gg]eben Sie |[Ww]ählen Sie |[Ll]aden Sie ",
                    told,
                ), name
                assert "a value" not in told, name
                assert "einen Wert" not in told, name


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_text_that_is_too_long_says_how_long_it_may_be(of, language):
    with translation.override(language):
        form = new_endpoint.DetailsForm({"name": "x" * 300}, resource=of["endpoint"].resource)
        told = str(form.errors["name"][0])
    assert "256" in told
    assert "300" in told
    assert told.startswith("Enter no more than" if language == "en" else "Geben Sie höchstens")


def test_a_field_that_nobody_can_fill_in_says_to_reload(of):
    form = endpoint.EditForm({"key": "no id", "name": "x"}, endpoint=of["endpoint"], asker=of["person"])
    assert "Reload the page" in form.errors["key"][0]


def test_a_name_that_another_resource_has_says_so(of):
    form = resource.ResourceForm({"name": Resource.objects.get().name}, person=of["person"])
    assert form.errors["name"] == ["Another resource already has this name. Enter a different name."]


@pytest.mark.django_db
def test_signing_in_says_what_to_enter_next_to_the_field(client):
    page = client.post(reverse("account_login"), {}).content.decode()
    for name, told in (("username", "Enter your username."), ("password", "Enter your password.")):
        assert re.search(rf'<input[^>]*name="{name}"[^>]*aria-describedby="id_{name}_error"', page)
        assert re.search(rf'id="id_{name}_error">.*?{told}', page, re.DOTALL)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "The username or password is incorrect."), ("de", "das Kennwort ist falsch")],
)
def test_a_wrong_password_is_told_in_one_sentence(client, language, told):
    answer = client.post(
        reverse("account_login"), {"username": "nobody", "password": "x"}, headers={"Accept-Language": language}
    )
    assert told in answer.content.decode()
    assert str(AuthenticationForm.error_messages["invalid_login"])[:20] not in answer.content.decode()
