"""Times in all formats of the service."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from endpoints.azure import quote, utc
from endpoints.azure.times import moment
from endpoints.azure.versions import VERSIONS, version_named


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00", "2024-05-01T10:00:00+00:00"),
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00+00:00"),
        ("2024-05-01T10:00:00-0730", "2024-05-01T17:30:00+00:00"),
        ("2024-05-01T10:00:00.1234567Z", "2024-05-01T10:00:00.123456+00:00"),
        ("2024-05-01T10:00:00.5", "2024-05-01T10:00:00.500000+00:00"),
        ("2024-05-01", "2024-05-01T00:00:00+00:00"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-30T23:59:59.999999+00:00"),
    ],
)
def test_a_time_is_parsed_as_utc(text, iso):
    assert moment(text).isoformat() == iso


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "soon", "1714557600", "10000-01-01T00:00:00Z", "2024-13-01T00:00:00Z", "2024-05-01T10:00:60Z"),
        *(
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+05:00",
            "9999-12-31T23:59:59-05:00",
            "2024-05-01T10:00:00+99:00",
        ),
    ],
)
def test_an_invalid_time_is_none(text):
    assert moment(text) is None


@pytest.mark.parametrize("hours", [-12, 14])
def test_the_latest_time_exists_in_every_time_zone(hours):
    assert moment("9999-12-31T23:59:59Z").astimezone(timezone(timedelta(hours=hours))).year == 9999


def test_times_and_strings_are_formatted_for_filters():
    assert utc(datetime(2022, 2, 1, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=1)))) == "2022-02-01T11:00:00Z"
    assert utc(datetime(322, 2, 1, tzinfo=UTC)) == "0322-02-01T00:00:00Z"
    assert quote("O'Brien's") == "'O''Brien''s'"
    with pytest.raises(ValueError, match="zone"):
        utc(datetime(2022, 2, 1, tzinfo=UTC).replace(tzinfo=None))


def test_an_endpoint_with_an_invalid_time_is_parsed(service, client):
    service.answers(body=service.endpoint(createdDateTime="yesterday", lastActionDateTime="0001-01-01T00:00:00Z"))
    found = client.get_endpoint("8a3b1b8e-0b7d-4f57-9c8e-2d1f0a6b7c11")
    assert (found.created, found.last_action) == (None, None)


def test_each_version_is_found_by_its_name():
    assert all(version_named(name).name == name for name in VERSIONS)
    with pytest.raises(ValueError, match=r"v3\.2"):
        version_named("v9")
    with pytest.raises(ValueError, match="negative"):
        version_named("v3.2").sas(-1)
