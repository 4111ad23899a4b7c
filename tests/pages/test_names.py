"""Names that occur twice say where they belong, in each list that a person chooses from."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from django.urls import reverse

from endpoints.models import Endpoint, Project, Resource, SpeechModel
from endpoints.pages.names import labels, places
from tests.pages.bulk_review import review


@pytest.fixture
def east(db):
    return Resource.objects.create(name="Contoso", region="eastus")


@pytest.fixture
def west(db):
    return Resource.objects.create(name="Fabrikam", region="westus")


def model(resource, name="Call center", **facts):
    facts = {"kind": "custom", "locale": "en-US", "status": "Succeeded", "supports_endpoints": True, **facts}
    facts.setdefault("remote_id", f"{name} {SpeechModel.objects.count()}")
    return SpeechModel.objects.create(resource=resource, display_name=name, **facts)


def test_a_name_that_occurs_once_stays_as_it_is(east):
    assert list(labels([model(east, "One"), model(east, "Two")]).values()) == ["One", "Two"]


def test_both_of_two_equal_names_say_where_they_belong(east, west):
    found = labels([model(east), model(west), model(east, "Other")])
    expected = ["Call center (Contoso, eastus)", "Call center (Fabrikam, westus)", "Other"]
    assert list(found.values()) == expected


def test_only_what_differs_is_said_the_project_before_the_date(east):
    project = Project.objects.create(resource=east, remote_id="p", display_name="Hotline", locale="en-US")
    dates = [datetime(2026, month, 1, 12, tzinfo=UTC) for month in (3, 9)]
    one, two = model(east, project=project, created_at=dates[0]), model(east, created_at=dates[1])
    assert places([one, two]) == {one.pk: "Hotline", two.pk: "No project"}
    third = model(east, created_at=dates[0])
    assert places([two, third]) == {two.pk: "Sep 1, 2026", third.pk: "Mar 1, 2026"}


def test_what_is_equal_in_everything_else_is_told_apart_by_its_id(east):
    one, two = model(east, remote_id="1111"), model(east, remote_id="2222")
    assert places([one, two]) == {one.pk: "1111", two.pk: "2222"}


def test_projects_resources_and_endpoints_are_told_apart_too(east, west):
    projects = [
        Project.objects.create(resource=one, remote_id="p", display_name="Hotline", locale="en-US")
        for one in (east, west)
    ]
    assert list(places(projects).values()) == ["Contoso, eastus", "Fabrikam, westus"]
    endpoints = [
        Endpoint.objects.create(resource=east, display_name="Front door", locale=locale, remote_id=locale)
        for locale in ("de-DE", "en-US")
    ]
    assert list(places(endpoints).values()) == ["de-DE", "en-US"]
    west.name = east.name
    assert list(labels([east, west]).values()) == ["Contoso (eastus)", "Contoso (westus)"]


def shown(page):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_the_choosers_of_models_and_projects_say_it(alice, east, west):
    for resource in (east, west):
        Project.objects.create(resource=resource, remote_id="p", display_name="Hotline", locale="en-US")
    first, second = model(east, remote_id="1111"), model(east, remote_id="2222")
    serving = model(east, "Serving")
    endpoint = Endpoint.objects.create(
        resource=east, display_name="Front door", locale="en-US", remote_id="e", model=serving, status="Succeeded"
    )
    single = shown(alice.get(reverse("endpoints:change-model", args=[endpoint.pk])).content.decode())
    many = shown(review(alice, "change-model", [endpoint]).content.decode())
    for page in (single, many):
        assert f"Call center {first.remote_id}" in page
        assert f"Call center {second.remote_id}" in page
    wizard = shown(alice.get(reverse("endpoints:new")).content.decode())
    assert "Hotline (en-US), Contoso" in wizard
    assert "Hotline (en-US), Fabrikam" in wizard
    listed = shown(alice.get(reverse("endpoints:list")).content.decode())
    assert "Hotline (Contoso, eastus)" in listed
