"""Attacks on what reads our texts next: the database, headers, logs, and the workers."""

import io
import logging
import pickle

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads

from endpoints.models import Endpoint
from speechstudio.celery import app

LISTS = ("/endpoints/", "/models/", "/activity/", "/logs/", "/search/")
SQL = (
    "' OR 1=1--",
    '"; DROP TABLE endpoints_endpoint;--',
    "') OR ('1'='1",
    "%27 OR 1=1",
    "\\' OR 1=1 #",
    "1) UNION SELECT 1--",
)
ORDERS = ("password", "-user__password", "owner__password", "resource__key", "?", "pk; DROP TABLE x", "random()")
FILTERS = ("status__regex", "owner__password__startswith", "q__regex", "resource__hook_secret__gt", "pk__in")


@pytest.mark.parametrize("text", SQL)
def test_a_search_for_sql_finds_what_has_these_letters_and_nothing_else(alice, endpoint, text):
    for address in LISTS:
        assert alice.get(address, {"q": text}).status_code == 200
    assert endpoint.display_name not in alice.get("/endpoints/", {"q": text}).content.decode()
    Endpoint.objects.update(display_name=f"Ours {text}")
    assert str(endpoint.pk) in alice.get("/endpoints/", {"q": f"Ours {text}"}).content.decode()
    assert Endpoint.objects.count() == 1


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_that_no_column_has_is_the_usual_one(alice, endpoint, order):
    for address in LISTS[:4]:
        usual, answer = alice.get(address), alice.get(address, {"sort": order})
        assert answer.status_code == usual.status_code == 200
    assert endpoint.display_name in alice.get("/endpoints/", {"sort": order}).content.decode()


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_is_none_of_ours_filters_nothing(alice, endpoint, name):
    assert endpoint.display_name in alice.get("/endpoints/", {name: "(a+)+$"}).content.decode()


LINES = ("a\r\nSet-Cookie: evil=1", "a%0d%0aSet-Cookie: evil=1", 'a"; evil="1', "a\u0085b\u2028c", "ß" * 2000)


@pytest.mark.parametrize("text", LINES)
def test_a_name_adds_no_header(alice, endpoint, text):
    """In the name of a file, in a redirect, in what htmx reads."""
    Endpoint.objects.update(display_name=text)
    answers = [alice.get("/endpoints/export/"), alice.get("/endpoints/", {"q": text}), alice.get("/x/", {"next": text})]
    answers += [alice.get("/endpoints/", {"q": text, "status": ""}), alice.post("/sign-in/", {"next": text})]
    answers += [alice.get("/endpoints/", {"q": text}, headers={"HX-Request": "true"})]
    for answer in answers:
        assert "evil" not in answer.cookies
        for name, value in answer.headers.items():
            assert not {"\r", "\n", "\x85", "\u2028"} & {*name, *value}
            assert value.isascii()
            assert name.lower() != "evil"


@pytest.mark.parametrize("text", ["a\r\nERROR django: forged", "\x1b[31mred\x1b[0m", "a\u2028b", "\x9b31m"])
def test_a_request_writes_one_line_without_control_characters_into_the_log(client, db, text):
    (handler,) = (one for one in logging.getLogger().handlers if isinstance(one, logging.StreamHandler) and one.filters)
    written = io.StringIO()
    before = handler.setStream(written)
    try:
        client.get("/nothing/" + text, headers={"User-Agent": text, "Referer": "http://testserver/"})
        client.post("/sign-in/", {"username": text, "password": text})
    finally:
        handler.setStream(before)
    lines = written.getvalue().splitlines()
    assert lines
    assert all(line[:4].isdigit() for line in lines), lines
    assert not {"\x1b", "\x9b", "\r", "\u2028"} & {*written.getvalue()}


def test_workers_take_messages_of_json_only():
    assert set(app.conf.accept_content) == {"json"}
    message = pickle.dumps({"args": []})
    with pytest.raises(ContentDisallowed):
        loads(message, "application/x-python-serialize", "binary", accept=app.conf.accept_content)


def test_an_id_of_a_path_is_a_uuid_or_no_page(alice, endpoint):
    for text in ("../models", "..%2fmodels", "%2e%2e", "x?api-version=1", "x%23", f"{endpoint.pk}%00", "1 OR 1=1"):
        answer = alice.get(f"/endpoints/{text}/")
        assert answer.status_code in (400, 404), text
