"""The client with the simulator, over a real socket."""

from datetime import UTC, datetime, timedelta

import pytest

from endpoints.azure import (
    ContentExpired,
    EndpointCreate,
    EndpointUpdate,
    Forbidden,
    NotFound,
    Refused,
    ServiceFault,
    TooManyRequests,
    Unauthorized,
    Unreadable,
    quote,
    utc,
)

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def model(speech):
    return next(one for one in speech.list_custom_models() if one.supports_endpoints and one.status == "Succeeded")


@pytest.fixture
def create(model):
    return EndpointCreate("Call center", model.locale, model.id, custom_properties={"mark": "m1"}, description="Calls")


@pytest.fixture
def logging(speech):
    return next(one for one in speech.list_endpoints() if one.logging_enabled)


def test_an_endpoint_is_created_deployed_changed_and_deleted(world, speech, model, create):
    made = speech.create_endpoint(create)
    assert made.status in ("NotStarted", "Running")
    assert (made.display_name, made.description, made.locale) == ("Call center", "Calls", model.locale)
    assert (made.model_id, made.model_kind, made.custom_properties) == (model.id, "custom", {"mark": "m1"})
    assert made.created.tzinfo is UTC

    looked = speech.get_endpoint(made.id)
    assert looked.id == made.id
    assert looked.retry_after is None or looked.retry_after >= 0

    world.advance(3600)
    assert speech.get_endpoint(made.id).status == "Succeeded"

    base = max(speech.list_base_models(f"locale eq {quote(model.locale)}"), key=lambda one: one.expires)
    changed = speech.update_endpoint(
        made.id, EndpointUpdate(model_id=base.id, model_kind="base", logging_enabled=True, display_name="New name")
    )
    assert (changed.display_name, changed.logging_enabled) == ("New name", True)
    world.advance(3600)
    settled = speech.get_endpoint(made.id)
    assert (settled.status, settled.model_id, settled.model_kind) == ("Succeeded", base.id, "base")
    assert settled.description == "Calls"
    assert settled.links

    assert speech.delete_endpoint(made.id) is None
    assert speech.delete_endpoint(made.id) is None
    with pytest.raises(NotFound):
        speech.get_endpoint(made.id)


def test_a_wrong_key_is_unauthorized(world, client_of):
    with pytest.raises(Unauthorized) as caught:
        list(client_of(world.url, key="wrong").list_endpoints())
    assert caught.value.message


def test_lists_with_many_pages_are_complete(world, speech):
    world.reset(endpoints=23, switches={"page_size": 5})
    found = list(speech.list_endpoints())
    assert len({one.id for one in found}) == len(found) == 23
    assert len([path for method, path, _ in world.ledger() if method == "GET"]) == 5


def test_filters_return_matching_entities(world, speech, create):
    made = speech.create_endpoint(
        EndpointCreate("Tom's & Jerry's + 50%", create.locale, create.model_id, description="=")
    )
    (found,) = speech.list_endpoints(f"displayName eq {quote(made.display_name)}")
    assert found.id == made.id
    since = utc(made.created - timedelta(seconds=1))
    recent = list(speech.list_endpoints(f"createdDateTime ge {since} and status ne 'Succeeded'"))
    assert [one.id for one in recent] == [made.id]
    assert not list(speech.list_endpoints(f"createdDateTime gt {utc(datetime(9000, 1, 1, tzinfo=UTC))}"))
    with pytest.raises(Refused):
        list(speech.list_endpoints("color eq 'red'"))


def test_models_and_projects_are_listed_and_fetched(speech):
    base, custom = list(speech.list_base_models()), list(speech.list_custom_models())
    assert base
    assert custom
    assert {one.kind for one in base} == {"base"}
    assert all(one.expires and one.adaptation_expires for one in base)
    assert all(one.adaptation_expires is None for one in custom)
    assert speech.get_base_model(base[0].id) == base[0]
    assert speech.get_custom_model(custom[0].id) == custom[0]
    projects = list(speech.list_projects())
    assert speech.get_project(projects[0].id) == projects[0]
    assert {one.project_id for one in custom} <= {one.id for one in projects} | {None}
    for get in (speech.get_base_model, speech.get_custom_model, speech.get_project):
        with pytest.raises(NotFound):
            get(NOBODY)


def test_custom_models_have_the_datasets_of_their_project(speech):
    homes = {project.id: list(speech.list_project_datasets(project.id)) for project in speech.list_projects()}
    assert all(one.project_id == home and one.kind and one.status for home, found in homes.items() for one in found)
    trained = [model for model in speech.list_custom_models() if model.dataset_ids]
    assert trained
    for model in trained:
        assert set(model.dataset_ids) <= {one.id for one in homes[model.project_id]}
    assert all(model.dataset_ids == () for model in speech.list_base_models())
    with pytest.raises(NotFound):
        list(speech.list_project_datasets(NOBODY))


def test_an_invalid_create_is_refused_with_a_reason(speech, create):
    with pytest.raises(Refused) as caught:
        speech.create_endpoint(EndpointCreate("n", "en-US", NOBODY))
    assert caught.value.code
    assert caught.value.message


def test_logs_are_listed_and_fetched_without_the_key(speech, logging):
    logs = list(speech.list_logs(logging.id))
    assert {log.kind for log in logs} == {"Audio", "Transcription"}
    assert len({log.id for log in logs}) == len(logs) == 6
    for log in logs:
        with speech.open_content(log.content_url) as content:
            assert content.size == log.size == sum(len(chunk) for chunk in content.chunks())
    assert speech.get_log(logging.id, logs[0].id).size == logs[0].size


def test_a_transfer_is_resumed(speech, logging):
    log = next(log for log in speech.list_logs(logging.id) if log.kind == "Audio")
    with speech.open_content(log.content_url) as content:
        whole = b"".join(content.chunks())
        etag = content.etag
    with speech.open_content(log.content_url, offset=1000, etag=etag) as content:
        assert (content.offset, content.size) == (1000, len(whole))
        assert b"".join(content.chunks()) == whole[1000:]
    with speech.open_content(log.content_url, offset=len(whole), etag=etag) as content:
        assert (content.offset, list(content.chunks())) == (len(whole), [])


def test_an_expired_content_url_is_renewed(world, speech, logging):
    log = next(speech.list_logs(logging.id, sas_seconds=60))
    world.advance(3600)
    with pytest.raises(ContentExpired), speech.open_content(log.content_url):
        pass
    with speech.open_content(speech.get_log(logging.id, log.id).content_url) as content:
        assert sum(len(chunk) for chunk in content.chunks()) == log.size


def test_an_executed_post_with_an_error_response_is_sent_once(world, speech, create):
    world.fault("POST", "/endpoints$", {"status": 503}, stage="after")
    with pytest.raises(ServiceFault):
        speech.create_endpoint(create)
    marks = [one.custom_properties.get("mark") for one in speech.list_endpoints()]
    assert marks.count("m1") == 1
    assert [method for method, _, _ in world.ledger()].count("POST") == 1


@pytest.mark.parametrize("effect", [{"truncate": 40}, {"body": "<html>"}], ids=str)
def test_a_post_with_an_unreadable_response_is_fetched_by_its_location(world, speech, create, effect):
    world.fault("POST", "/endpoints$", effect, stage="after")
    made = speech.create_endpoint(create)
    assert made.custom_properties == {"mark": "m1"}


def test_a_get_is_retried_after_two_faults_but_not_after_a_429_of_an_hour(world, speech):
    world.fault("GET", "/endpoints$", {"status": 502}, times=2)
    assert len(list(speech.list_endpoints())) == 4
    world.fault("GET", "/endpoints$", {"status": 429, "headers": {"Retry-After": "3600"}})
    with pytest.raises(TooManyRequests) as caught:
        list(speech.list_endpoints())
    assert caught.value.retry_after == 3600


def test_the_rate_limit_is_waited_for_within_the_deadline(world, speech, client_of):
    world.reset(rate_limit="2/1")
    for _ in range(3):
        assert len(list(speech.list_endpoints())) == 4
    assert 429 in [status for _, _, status in world.ledger()]


def test_a_delete_is_retried_after_a_lost_connection(world, speech):
    endpoint = next(speech.list_endpoints())
    world.fault("DELETE", endpoint.id, {"close": True}, stage="after")
    assert speech.delete_endpoint(endpoint.id) is None
    assert endpoint.id not in [one.id for one in speech.list_endpoints()]


def test_a_single_operation_can_be_forbidden(world, speech, create):
    world.fault("POST", "/endpoints$", {"status": 403})
    with pytest.raises(Forbidden):
        speech.create_endpoint(create)
    assert len(list(speech.list_endpoints())) == 4


def test_a_list_that_fails_on_its_second_page_raises(world, client_of):
    world.reset(endpoints=8, switches={"page_size": 5})
    client = client_of(world.url, key=world.key)
    world.fault("GET", "skip=", {"body": {"values": {}}})
    with pytest.raises(Unreadable):
        list(client.list_endpoints())


def test_a_next_page_at_another_origin_is_read_on_our_own_and_the_other_gets_no_key(world, elsewhere, speech):
    link = f"{elsewhere.url}/speechtotext/v3.2/endpoints?skip=3"
    world.fault("GET", "/endpoints", {"body": {"values": [], "@nextLink": link}})
    assert len(list(speech.list_endpoints())) == 1
    assert not elsewhere.asked
