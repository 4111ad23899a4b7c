"""Attacks that make a request costly: very many, very long or very deep parameters."""

import importlib
import pkgutil
import re
import signal
import sys

import pytest

import endpoints

PATIENCE = 60  # seconds
LONGEST = 4094  # characters: no address is longer, and no field of a form that a pattern reads
REPEATED = (
    "a",
    "0",
    " ",
    "-",
    ".",
    "/",
    "%",
    ":",
    "<",
    "[",
    "\\",
    "a-",
    "a1",
    "0.",
    "a.",
    "a ",
    "@a.",
    "=,",
    "P1D",
    "PT1S",
    "é",
)
LISTS = ("/endpoints/", "/models/", "/activity/", "/logs/", "/downloads/", "/search/")


@pytest.mark.parametrize(
    "query", [{"page": 10**9}, {"per_page": 10**6}, {"page": -1}, {"limit": 10**9, "page": 10**30}]
)
def test_a_page_is_never_longer_than_the_usual_one(alice, mirrored, query):
    for address in LISTS:
        usual, answer = alice.get(address), alice.get(address, query)
        assert answer.status_code == 200
        assert answer.content.count(b"<tr") <= usual.content.count(b"<tr")


def test_very_many_parameters_or_fields_are_refused(alice, db):
    many = "&".join(f"a{number}=1" for number in range(10_000))
    for address in LISTS:
        assert alice.generic("GET", address, QUERY_STRING=many).status_code == 400
    form = "application/x-www-form-urlencoded"
    assert alice.generic("POST", "/settings/", many, form).status_code == 400


def test_a_thousand_cookies_are_ignored(alice, mirrored):
    cookies = "; ".join(["a=1"] * 1000)
    session = "; ".join(f"{name}={morsel.value}" for name, morsel in alice.cookies.items())
    assert alice.get("/endpoints/", HTTP_COOKIE=f"{cookies}; {session}").status_code == 200


def test_a_search_of_a_megabyte_is_answered_or_refused(alice, mirrored):
    for address in LISTS:
        for text in ("x" * 1_000_000, "x " * 500_000, "(" * 100_000):
            assert alice.get(address, {"q": text}).status_code in (200, 400, 414)


def test_a_list_of_very_many_ranges_of_a_file_is_one_answer(lena, mirrored):
    ranges = "bytes=" + ",".join(f"{number}-{number}" for number in range(10_000))
    for address in ("/endpoints/export/", "/static/studio.js", "/endpoints/"):
        answer = lena.get(address, headers={"Range": ranges})
        b"".join(answer)
        assert answer.status_code in (200, 404, 416)


def patterns():
    """The regular expressions of the modules that read what comes from outside, each with its module."""
    left_out = ("migrations", "simulator", "management", "contract")  # they read what is our own
    for found in pkgutil.walk_packages(endpoints.__path__, "endpoints."):
        if found.name.split(".")[1] not in left_out:
            importlib.import_module(found.name)
    for name, module in sorted(sys.modules.items()):
        if name.startswith("endpoints.") and name.split(".")[1] not in left_out:
            for value in vars(module).values():
                values = vars(value).values() if isinstance(value, type) else [value]
                yield from ((pattern, name) for pattern in values if isinstance(pattern, re.Pattern))


def ends(pattern, text):
    """Whether a search ends. One that tries each way to split the text would not within the life of the sun."""
    before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError))
    signal.alarm(PATIENCE)
    try:
        pattern.search(text)
    except TimeoutError:
        return False
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return True


def test_a_search_that_never_ends_is_found(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PATIENCE", 1)
    assert not ends(re.compile("(a+)+b"), "a" * LONGEST)


def test_no_text_keeps_a_regular_expression_busy():
    known = dict(patterns())
    assert len(known) > 25
    for pattern, module in known.items():
        for part in REPEATED:
            text = (part * LONGEST)[:LONGEST] + "\n!"
            assert ends(pattern, text.encode() if isinstance(pattern.pattern, bytes) else text), (module, part)
