"""The product with each API version: supported features work, and others say why they do not."""

import io
import json
import re
import uuid
import zipfile

import pytest
from django.core.files.storage import storages
from django.urls import reverse

from endpoints.changes import submit
from endpoints.logs.download import requests as downloads
from endpoints.mirror import resources
from endpoints.models import Endpoint, Resource, SpeechModel, Status
from endpoints.models.download import DownloadState
from endpoints.models.secret import Secret
from endpoints.models.status import ChangeState
from tests.conftest import KEY
from tests.pages.wizard import Wizard

LATER = ["2024-11-15", "2025-10-15"]


def registered(world, worker, version, **options):
    world.begin(rate_limit="0/0", **options)
    resource = resources.register(name="Contoso", region="eastus", url=world.url, key=KEY, api_version=version)
    worker.mirror()
    resource.refresh_from_db()
    return resource


@pytest.mark.parametrize("version", ["v3.2", *LATER])
def test_a_model_is_deployed_and_changed(alice, world, worker, version):
    registered(world, worker, version)
    models = SpeechModel.objects.deployable().filter(locale="en-US").exclude(display_name__icontains="broken")
    first, second = models[:2]
    change = worker.step(submit.create(key=uuid.uuid4(), actor=alice.user, model=first, display_name="Support calls"))
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DONE
    endpoint = Endpoint.objects.get()
    change = worker.step(submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=second))
    world.advance(3600)
    assert worker.step(change).state == ChangeState.DONE
    endpoint.refresh_from_db()
    assert (endpoint.model, endpoint.status) == (second, Status.SUCCEEDED)
    page = alice.get(endpoint.get_absolute_url()).content.decode()
    assert "ws://" in page


@pytest.mark.parametrize(("version", "projects"), [("v3.2", 2), ("2024-11-15", 0), ("2025-10-15", 2)])
def test_projects_are_offered_where_the_version_has_them(alice, world, worker, version, projects):
    registered(world, worker, version)
    page = alice.get(reverse("endpoints:new")).content.decode()
    assert page.count('value="project:') == projects
    assert page.count('value="resource:') == 1


@pytest.mark.parametrize("version", LATER)
def test_content_logging_is_explained_where_it_needs_storage_of_ones_own(alice, world, worker, version):
    resource = registered(world, worker, version, endpoints=3)
    wizard = Wizard(alice)
    wizard.press("next", project=f"resource:{resource.pk}", locale="en-US")
    wizard.press("next", model=str(SpeechModel.objects.deployable().filter(locale="en-US")[0].pk))
    assert "can log only to your own storage" in wizard.text
    wizard.press("next", name="Support calls", logging="on").press("add")
    assert not Endpoint.objects.get(display_name="Support calls").logging_enabled
    endpoint = Endpoint.objects.exclude(remote_id=None)[0]
    page = alice.get(reverse("endpoints:content-logging", args=[endpoint.pk])).content.decode()
    assert "Download log</button>" not in page + alice.get(endpoint.get_absolute_url()).content.decode()
    assert re.search(f"API version {version} .* Enter the storage container", page)
    assert alice.post(reverse("endpoints:download", args=[endpoint.pk])).status_code == 404


@pytest.mark.parametrize("version", LATER)
def test_content_logs_come_from_the_customers_own_container(lena, world, worker, version):
    resource = registered(world, worker, version, endpoints=12, logs=2, log_bytes=3000)
    resource.log_container = Secret.of(world.container())
    resource.save()
    endpoint = Endpoint.objects.filter(logging_enabled=True, status=Status.SUCCEEDED)[0]
    page = lena.get(endpoint.get_absolute_url()).content.decode()
    assert "Download log</button>" in page

    download = worker.download(downloads.request_download(actor=lena.user, endpoint=endpoint))

    assert download.state == DownloadState.READY, download.error
    with storages["logs"].open(download.stored_as) as stored:
        archive = zipfile.ZipFile(io.BytesIO(stored.read()))
    audio = [name for name in archive.namelist() if name.endswith(".wav")]
    assert len(audio) >= 2
    assert len(json.loads(archive.read("manifest.json"))["files"]) == 2 * len(audio)
    assert "sig=" not in archive.read("manifest.json").decode()


@pytest.mark.parametrize("answer", ["410", "404", "error"])
def test_a_retired_version_becomes_a_banner_that_names_the_version_to_choose(alice, world, worker, answer):
    registered(world, worker, "v3.2", endpoints=2)
    world.begin(endpoints=2, rate_limit="0/0", switches={"retired": "v3.2", "retired_answer": answer})
    worker.mirror()
    page = alice.get("/endpoints/").content.decode()
    assert "support API version v3.2 but supports 2025-10-15. Select 2025-10-15 for this" in page
    assert page.count('<tr id="endpoint-') == 2


FOREIGN_404 = {
    "the gateway's error": {"error": {"code": "404", "message": "Resource not found"}},
    "API Management": {"statusCode": 404, "message": "Resource not found"},
    "HTML": "<html>no such page</html>",
    "nothing": "",
}


@pytest.mark.parametrize("body", FOREIGN_404.values(), ids=FOREIGN_404)
def test_an_address_at_which_no_version_answers_is_told_from_a_retired_version(alice, resource, world, worker, body):
    world.begin(endpoints=2, rate_limit="0/0")
    worker.mirror()
    everything = {"effect": {"status": 404, "body": body}, "times": 50}
    world.fail(everything)
    worker.mirror()
    page = alice.get("/endpoints/").content.decode()
    assert "No version of the Speech to text REST API was found at" in page
    assert "Check the service address or the region of this resource." in page
    assert page.count('<tr id="endpoint-') == 2
    world.fail({**everything, "path": "/speechtotext/v3.2/"})
    worker.mirror()
    assert "support API version v3.2 but supports 2025-10-15." in alice.get("/endpoints/").content.decode()
    world.fail()
    worker.mirror()
    resource.refresh_from_db()
    assert resource.failing_since is None


@pytest.mark.parametrize("message", ["It was retired.", "Not supported.", "End of life.", "It is no longer available."])
def test_a_listing_that_is_refused_as_retired_is_the_same_state(alice, resource, world, worker, message):
    refusal = {"status": 400, "body": {"code": "InvalidRequest", "message": message}}
    world.fail({"path": "/speechtotext/v3.2/", "times": 50, "effect": refusal})
    worker.mirror()
    page = alice.get("/endpoints/").content.decode()
    assert "support API version v3.2 but supports 2025-10-15. Select 2025-10-15 for this" in page


def test_a_version_is_not_called_retired_for_good_while_the_others_cannot_be_asked(resource, world, worker):
    gone = {"path": "/speechtotext/v3.2/", "times": 50, "effect": {"status": 404, "body": ""}}
    world.fail(gone, {"path": "api-version", "times": 50, "effect": {"status": 503}})
    worker.mirror()
    resource.refresh_from_db()
    assert resource.failure == (
        "The service doesn't support API version v3.2. Select another API version for this resource."
    )


@pytest.mark.parametrize("container", [None, Secret.of("https://contoso.example/logs?sig=x")], ids=["none", "own"])
@pytest.mark.parametrize("able", [True, False])
def test_own_storage_replaces_what_a_version_does_not_have(container, able):
    capabilities = {"logging_needs_own_storage": not able, "logs": able}
    resource = Resource(log_container=container, capabilities=capabilities)
    assert resource.may_log == resource.logs_can_be_read == (able or container is not None)
    assert resource.supports("logs") == able


def test_a_resource_that_was_not_polled_yet_is_taken_to_have_everything():
    resource = Resource()
    assert resource.may_log
    assert resource.logs_can_be_read
    assert resource.supports("projects")
