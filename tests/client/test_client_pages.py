"""Lists: all pages or an error; an item that can't be read is left out and named."""

from itertools import islice
from uuid import NAMESPACE_URL, uuid5

import pytest

from endpoints.azure import ForeignAddress, NotFound, ServiceFault, Unreadable, quote

FIRST = "/speechtotext/v3.2/endpoints"
ID = "8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11"


@pytest.fixture
def listing(service):
    def make(*names, link=...):
        values = [
            service.endpoint(displayName=name, self=f"{service.url}{FIRST}/{uuid5(NAMESPACE_URL, name)}")
            for name in names
        ]
        return {"values": values} | ({} if link is ... else {"@nextLink": link})

    return make


def names(found):
    return [endpoint.display_name for endpoint in found]


@pytest.mark.parametrize("last", [..., None, ""])
def test_a_list_has_all_pages(service, client, listing, last):
    service.answers(body=listing("a", "b", link=f"{service.url}{FIRST}?skip=2&top=2"), headers={"Retry-After": "4"})
    service.answers(body=listing("c", link=last))
    found = list(client.list_endpoints())
    assert names(found) == ["a", "b", "c"]
    assert [one.retry_after for one in found] == [4.0, 4.0, None]
    assert [one.target for one in service.asked] == [FIRST, f"{FIRST}?skip=2&top=2"]


def test_pages_are_fetched_lazily(service, client, listing):
    service.answers(body=listing("a", "b", link=f"{service.url}{FIRST}?skip=2"))
    assert names(islice(client.list_endpoints(), 2)) == ["a", "b"]
    assert len(service.asked) == 1


def test_nothing_is_sent_before_the_first_item_is_needed(service, client):
    client.list_endpoints()
    assert not service.asked


def test_a_failed_page_raises_in_the_middle(service, client, listing):
    service.answers(body=listing("a", link=f"{service.url}{FIRST}?skip=1")).answers(500)
    found = client.list_endpoints()
    assert next(found).display_name == "a"
    with pytest.raises(ServiceFault):
        next(found)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, {"error": {"code": "404", "message": "Resource not found"}}),
        (404, b""),
        (410, {"code": "Removed", "message": "The page has expired."}),
        (400, {"code": "InvalidRequest", "message": "The API version is not supported."}),
    ],
)
def test_a_later_page_that_is_missing_is_not_a_retired_version(service, client, listing, status, body):
    service.answers(body=listing("a", link=f"{service.url}{FIRST}?skip=1")).answers(status, body)
    with pytest.raises((NotFound, Unreadable)):
        list(client.list_endpoints())


def test_an_opaque_token_in_a_link_is_sent_unchanged(service, client):
    target = "/speechtotext/v3.2/endpoints/x/files/logs?top=2&skipToken=2!188!MDAwMDE%2fA-_~(x)%20%2B"
    service.answers(body={"values": [], "@nextLink": service.url + target}).answers(body={"values": []})
    assert list(client.list_logs("8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11")) == []
    assert service.asked[1].target == target


def test_a_relative_link_keeps_the_origin(service, client, listing):
    service.answers(body=listing("a", link=f"{FIRST}?skip=1")).answers(body=listing("b"))
    assert names(client.list_endpoints()) == ["a", "b"]


@pytest.mark.parametrize(
    "link",
    [
        "{elsewhere}/speechtotext/v3.2/endpoints?skip=1",
        "//{elsewhere_host}/speechtotext/v3.2/endpoints?skip=1",
        "http://127.0.0.1:{port}@{elsewhere_host}/speechtotext/v3.2/endpoints?skip=1",
        "http://someone:secret@127.0.0.1:{port}/speechtotext/v3.2/endpoints?skip=1",
        "https://127.0.0.1:{port}/speechtotext/v3.2/endpoints?skip=1",
        "HTTP://LOCALHOST:{port}/speechtotext/v3.2/endpoints?skip=1",
        "http://127.0.0.1/speechtotext/v3.2/endpoints?skip=1",
        "https://eastus.api.cognitive.microsoft.com/speechtotext/v3.2/endpoints?skip=1",
        "http://127.0.0.1:{port}.example.com/speechtotext/v3.2/endpoints?skip=1",
        "http://127.0.0.1:{port}\\@example.com/speechtotext/v3.2/endpoints?skip=1",
    ],
)
def test_a_link_to_another_host_is_followed_on_our_own(service, elsewhere, client, listing, link):
    elsewhere_host = f"127.0.0.1:{elsewhere.port}"
    link = link.format(elsewhere=elsewhere.url, elsewhere_host=elsewhere_host, port=service.port)
    service.answers(body=listing("a", link=link)).answers(body=listing("b"))
    assert names(client.list_endpoints()) == ["a", "b"]
    assert service.asked[1].target == f"{FIRST}?skip=1"
    assert not elsewhere.asked


def test_a_link_is_followed_behind_the_prefix_of_a_proxy(service, client_of, listing):
    link = f"https://eastus.api.cognitive.microsoft.com{FIRST}?skip=1"
    service.answers(body=listing("a", link=link)).answers(body=listing("b"))
    assert names(client_of(f"{service.url}/speech").list_endpoints()) == ["a", "b"]
    assert service.asked[1].target == f"/speech{FIRST}?skip=1"


@pytest.mark.parametrize("link", ["file:///etc/passwd", "http://[::1", "javascript:alert(1)", "wss://h.example/x"])
def test_a_link_that_is_no_address_is_an_error(service, client, listing, link):
    service.answers(body=listing("a", link=link))
    found = client.list_endpoints()
    assert next(found).display_name == "a"
    with pytest.raises(ForeignAddress):
        next(found)
    assert len(service.asked) == 1


@pytest.mark.parametrize("link", ["", "?skip=1"], ids=["to itself", "to one another"])
def test_a_cycle_of_pages_is_an_error(service, client, listing, link):
    service.answers(body=listing("a", link=f"{service.url}{FIRST}?skip=1"))
    service.forever = (service.answer(200, listing("b", link=f"{service.url}{FIRST}{link}")),)
    with pytest.raises(Unreadable, match="no end"):
        list(client.list_endpoints())
    assert len(service.asked) == 2


def test_endless_pages_are_an_error(service, client, listing, monkeypatch):
    monkeypatch.setattr("endpoints.azure.base_client.MAX_PAGES", 20)
    for number in range(25):
        service.answers(body={"values": [], "@nextLink": f"{service.url}{FIRST}?skip={number + 1}"})
    with pytest.raises(Unreadable, match="no end"):
        list(client.list_endpoints())
    assert len(service.asked) == 20


def test_a_very_long_link_is_not_followed(service, client, listing):
    service.answers(body=listing("a", link=f"{service.url}{FIRST}?skipToken={'x' * 9000}"))
    with pytest.raises(Unreadable):
        list(client.list_endpoints())


def test_an_item_on_two_pages_is_returned_once(service, client, listing):
    service.answers(body=listing("a", "b", link=f"{service.url}{FIRST}?skip=2")).answers(body=listing("b", "c"))
    assert names(client.list_endpoints()) == ["a", "b", "c"]


@pytest.mark.parametrize("body", [{}, {"values": {}}, {"values": "x"}, {"values": 0}, []], ids=str)
def test_a_page_in_another_format_is_unreadable(service, client, body):
    service.answers(body=body)
    with pytest.raises(Unreadable):
        list(client.list_endpoints())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"values": None}, "the list is null"),
        ({"values": [5]}, "it isn't an object"),
        ({"values": [None]}, "it isn't an object"),
        ({"values": [{"displayName": "b"}]}, "`self` is missing"),
        ({"values": [{"self": ["a"]}]}, "`self` isn't a text value"),
        ({"values": [{"self": "https://h.example/endpoints/none"}]}, "`self` doesn't contain an ID"),
        ({"values": [], "@nextLink": 5}, "the link to the next page isn't a text value"),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named_and_the_other_items_are_listed(service, client, listing, damage, reason):
    service.answers(body=listing("a", link=f"{service.url}{FIRST}?skip=1")).answers(body=damage)
    found = client.list_endpoints()
    assert names(found) == ["a"]
    assert [item.reason for item in found.unreadable] == [reason]


def test_an_unreadable_item_has_what_identifies_it(service, client):
    link = f"wss://eastus.stt.speech.microsoft.com/speech?cid={ID.upper()}"
    item = {"displayName": "Call center", "links": {"webSocket": link}, "customProperties": {"stage": 1}}
    service.answers(body={"values": [item]})
    found = client.list_endpoints()
    assert not list(found)
    (unreadable,) = found.unreadable
    assert (unreadable.display_name, unreadable.ids) == ("Call center", {ID})
    assert unreadable.custom_properties == {"stage": "1"}


def test_each_page_has_its_own_deadline(service, client_of, listing):
    for number in range(6):
        service.says(0.09, service.answer(200, listing(f"n{number}", link=f"{FIRST}?skip={number + 1}")))
    service.answers(body=listing("last"))
    assert len(list(client_of(service, deadline=0.45).list_endpoints())) == 7


def test_a_filter_is_encoded_unambiguously(service, client):
    service.answers(body={"values": []})
    list(client.list_endpoints(filter=f"displayName eq {quote('Tom & Jerry + Ö? 50% #1')}"))
    assert service.asked[0].target == (
        FIRST + "?filter=displayName%20eq%20%27Tom%20%26%20Jerry%20%2B%20%C3%96%3F%2050%25%20%231%27"
    )


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("list_base_models", "/models/base"),
        ("list_custom_models", "/models"),
        ("list_projects", "/projects"),
    ],
)
def test_all_other_lists_are_paged(service, client, operation, path):
    entity = {"self": f"{service.url}/a/{ID}?api-version=later", "displayName": "One", "locale": "de-DE"}
    service.answers(body={"values": [entity]})
    (found,) = getattr(client, operation)(filter="locale eq 'de-DE'")
    assert (found.id, found.display_name, found.locale) == (ID, "One", "de-DE")
    assert service.asked[0].target == f"/speechtotext/v3.2{path}?filter=locale%20eq%20%27de-DE%27"


def test_logs_are_listed_with_content_urls_of_short_validity(service, client):
    log = {"self": f"{service.url}/logs/2024-05-01_wav", "links": {"contentUrl": "https://blob.example/?sig=secret"}}
    service.answers(body={"values": [log | {"properties": {"size": 5}, "kind": "Audio"}]})
    (found,) = client.list_logs("8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11", sas_seconds=900)
    assert (found.id, found.name, found.kind, found.size) == ("2024-05-01_wav", "2024-05-01_wav", "Audio", 5)
    assert service.asked[0].target.endswith("/files/logs?sasValidityInSeconds=900")
    assert found.content_url == "https://blob.example/?sig=secret"
