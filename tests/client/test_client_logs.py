"""Content logs of base models, deletion of logs and models, and smaller lists."""

from datetime import UTC, date, datetime

import pytest

from endpoints.azure import NotFound, Refused, Unreadable

ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"
BASE = "/speechtotext/v3.2"
LOG = "2019-09-20_080000_a.wav"


def file(service, folder):
    return {"self": f"{service.url}{BASE}{folder}/{LOG}", "name": LOG, "kind": "Audio", "properties": {"size": 5}}


def target(service):
    return [(one.method, one.target.removeprefix(BASE)) for one in service.asked]


def test_logs_of_a_base_model_are_listed_and_fetched_by_locale(service, client):
    folder = "/endpoints/base/en-US/files/logs"
    following = f"{service.url}{BASE}{folder}?top=1&skipToken=2!188!A"
    service.answers(body={"values": [file(service, folder)], "@nextLink": following}).answers(body={"values": []})
    service.answers(body=file(service, folder))
    pages = list(client.list_base_model_log_pages("en-US", sas_seconds=900))
    assert [(len(page.files), page.next_token) for page in pages] == [(1, "2!188!A"), (0, None)]
    assert client.get_base_model_log("en-US", LOG, sas_seconds=60).id == LOG
    assert target(service) == [
        ("GET", f"{folder}?sasValidityInSeconds=900"),
        ("GET", f"{folder}?top=1&skipToken=2!188!A"),
        ("GET", f"{folder}/{LOG}?sasValidityInSeconds=60"),
    ]
    service.answers(body={"values": [file(service, folder)]})
    assert [log.size for log in client.list_base_model_logs("en-US")] == [5]


DELETING = {
    f"/endpoints/{ID}/files/logs/{LOG}": lambda client: client.delete_log(ID, LOG),
    f"/endpoints/base/en-US/files/logs/{LOG}": lambda client: client.delete_base_model_log("en-US", LOG),
    f"/models/{ID}": lambda client: client.delete_custom_model(ID),
}


@pytest.mark.parametrize("path", DELETING)
@pytest.mark.parametrize(("status", "body"), [(204, b""), (404, {"code": "NotFound", "message": "Removed"})])
def test_204_and_404_both_mean_that_a_log_is_deleted(service, client, path, status, body):
    service.answers(status, body)
    assert DELETING[path](client) is None
    assert target(service) == [("DELETE", path)]


@pytest.mark.parametrize("path", DELETING)
@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"{}", Unreadable),
        (404, {"error": {"code": "404", "message": "Resource not found"}}, NotFound),
        (409, {"code": "Conflict", "message": "In use", "innerError": {"code": "InUseViolation"}}, Refused),
    ],
)
def test_a_404_of_the_gateway_does_not_mean_that_a_log_is_deleted(service, client, path, status, body, error):
    service.answers(status, body)
    with pytest.raises(error):
        DELETING[path](client)


@pytest.mark.parametrize(("until", "query"), [(date(2024, 2, 29), "?endDate=2024-02-29"), (None, "")])
def test_many_logs_are_deleted_up_to_a_day_or_all(service, client, until, query):
    service.answers(202).answers(202)
    client.delete_logs(ID, until)
    client.delete_base_model_logs("de-DE", until)
    assert target(service) == [
        ("DELETE", f"/endpoints/{ID}/files/logs{query}"),
        ("DELETE", f"/endpoints/base/de-DE/files/logs{query}"),
    ]


def test_deleting_all_logs_must_be_explicit(service, client):
    with pytest.raises(TypeError, match="until"):
        client.delete_logs(ID)
    with pytest.raises(ValueError, match="day"):
        client.delete_logs(ID, datetime(2024, 5, 1, tzinfo=UTC))
    assert not service.asked


def test_an_unexpected_status_for_the_deletion_of_logs_is_an_error(service, client):
    service.answers(200, b"<html>Welcome</html>")
    with pytest.raises(Unreadable):
        client.delete_logs(ID, None)


def test_the_datasets_of_a_project_are_listed(service, client):
    dataset = {"self": f"{service.url}/datasets/{ID}", "displayName": "Calls", "locale": "de-DE", "kind": "Acoustic"}
    service.answers(body={"values": [dataset | {"project": {"self": f"{service.url}/projects/{ID}"}, "status": "New"}]})
    (found,) = client.list_project_datasets(ID, "kind eq 'Acoustic'")
    assert (found.id, found.display_name, found.kind) == (ID, "Calls", "Acoustic")
    assert (found.project_id, found.status) == (ID, "New")
    assert target(service) == [("GET", f"/projects/{ID}/datasets?filter=kind%20eq%20%27Acoustic%27")]


def test_locales_and_the_endpoints_of_a_project_are_listed(service, client):
    service.answers(body=["de-DE", "en-US"]).answers(body={"values": [service.endpoint()]})
    assert client.list_endpoint_locales() == ["de-DE", "en-US"]
    assert [one.id for one in client.list_project_endpoints(ID, "status eq 'Failed'")] == [ID]
    path = f"/projects/{ID}/endpoints?filter=status%20eq%20%27Failed%27"
    assert target(service) == [("GET", "/endpoints/locales"), ("GET", path)]


def test_locales_of_another_type_are_left_out(service, client):
    service.answers(body=["en-US", 1, None, {}])
    assert client.list_endpoint_locales() == ["en-US"]


@pytest.mark.parametrize("body", [{}, {"values": ["en-US"]}, None])
def test_locales_that_are_no_list_are_unreadable(service, client, body):
    service.answers(body=body)
    with pytest.raises(Unreadable):
        client.list_endpoint_locales()


@pytest.mark.parametrize("locale", ["", "..", "en-US/", "en US", "en-", "é", "en?x"])
def test_an_invalid_locale_is_a_value_error(service, client, locale):
    for ask in (
        lambda: client.list_base_model_logs(locale),
        lambda: client.get_base_model_log(locale, LOG),
        lambda: client.delete_base_model_log(locale, LOG),
        lambda: client.delete_base_model_logs(locale, None),
    ):
        with pytest.raises(ValueError, match="locale"):
            ask()
    for ask in (lambda: client.delete_log("x", LOG), lambda: client.delete_log(ID, "../x")):
        with pytest.raises(ValueError, match="id of"):
            ask()
    assert not service.asked
