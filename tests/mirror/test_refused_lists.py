"""A list of projects or models that the service refuses: endpoints and the other list stay live."""

from html import unescape

import pytest

from endpoints.models import Endpoint, Project, SpeechModel

REFUSALS = [
    {"status": 403, "body": {"error": {"code": "Forbidden", "message": "Not for you."}}},
    {"status": 403, "body": "<html>Forbidden</html>"},
    {"status": 404, "body": ""},
    {"status": 500, "body": ""},
]


@pytest.fixture
def old_catalog(mirrored):
    """The next refresh reads projects and models again."""
    type(mirrored).objects.update(cataloged_at=None)
    mirrored.refresh_from_db()
    return mirrored


@pytest.mark.parametrize("effect", REFUSALS)
@pytest.mark.parametrize(
    ("path", "named", "other"), [("/projects", "projects", SpeechModel), ("/models", "models", Project)]
)
def test_a_refused_list_is_named_and_the_others_stay_live(
    alice, old_catalog, world, worker, effect, path, named, other
):
    before = SpeechModel.objects.filter(gone_at=None).count(), Project.objects.filter(gone_at=None).count()
    other.objects.update(display_name="Outdated")
    model = SpeechModel.objects.deployable().filter(kind="base").first()
    made = {"displayName": "Made elsewhere", "locale": model.locale, "model": {"self": model_address(world, model)}}
    world.call("POST", "/endpoints", made)
    world.fail({"method": "GET", "path": path, "times": 50, "effect": effect})
    worker.mirror()
    assert Endpoint.objects.filter(display_name="Made elsewhere").exists()
    assert not other.objects.filter(display_name="Outdated").exists()
    assert (SpeechModel.objects.filter(gone_at=None).count(), Project.objects.filter(gone_at=None).count()) == before
    page = unescape(alice.get("/endpoints/").content.decode())
    assert f"The list of {named} can't be read: " in page
    assert "Last updated" not in page
    world.fail()
    worker.mirror()
    assert "can't be read" not in unescape(alice.get("/endpoints/").content.decode())


def model_address(world, model):
    return f"{world.url}/speechtotext/v3.2/models/base/{model.remote_id}"
