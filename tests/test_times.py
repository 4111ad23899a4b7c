"""All times that people read are in the reader's zone and language, because there is one way to write them."""

import re
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone
from django.utils.translation import override

from endpoints.models import times
from tests.demo import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
# Django's own ways, which templates leave to the filters of templatetags.dates.
OTHER = re.compile(r"\|\s*(date|time|localtime|utc|timezone)\b|{%\s*(now|localtime|timezone|localize)\b")
# A moment that is put out as it is.
BARE = re.compile(r"{{\s*(?!form\.)[\w.]*(_at|_until|_since|\bat|\.since|\.until)\s*}}")
OTHER_IN_CODE = re.compile(r"date_format\(|time_format\(|localize\(|strftime\(|%H:%M|%Y-%m-%d %H|%B|%b ")
# Files for machines, which have UTC, SQL, and the value of a field.
MACHINES = re.compile(r"astimezone\(UTC\)|_SQLITE_NOW|datetime-local")
ROOMS = ("models", "pages", "templatetags", "samples", "changes", "mirror", "logs")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_write_times_by_our_filters_alone(path):
    text = path.read_text()
    assert [found[0] for pattern in (OTHER, BARE) for found in pattern.finditer(text)] == []


def test_code_writes_times_for_people_in_one_module():
    paths = [path for room in ROOMS for path in sorted((ROOT / "endpoints" / room).rglob("*.py"))]
    assert len(paths) > 100
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in paths
        for line in path.read_text().splitlines()
        if OTHER_IN_CODE.search(line) and not MACHINES.search(line)
    ]
    assert [line for line in found if not line.startswith("endpoints/models/times.py")] == []


LATE = datetime(2026, 11, 29, 23, 30, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "zoned", "exact"),
    [
        ("en", "UTC", "Nov 29, 2026 23:30 UTC", "Nov 29, 2026 23:30:05 UTC"),
        ("en", "Europe/Berlin", "Nov 30, 2026 00:30 CET", "Nov 30, 2026 00:30:05 CET"),
        ("de", "America/New_York", "29. Nov. 2026 18:30 EST", "29. Nov. 2026 18:30:05 EST"),
    ],
)
def test_a_moment_has_the_day_and_the_time_of_the_readers_zone(language, zone, zoned, exact):
    with override(language), timezone.override(zone):
        assert (times.zoned(LATE), times.exact(LATE)) == (zoned, exact)
        assert zoned.startswith(f"{times.day(LATE)} {times.time_of_day(LATE)}")
        assert datetime.fromisoformat(times.machine(LATE)) == LATE.replace(second=0)


def test_a_day_is_the_same_in_each_zone():
    for zone in ("Pacific/Auckland", "America/Los_Angeles"):
        with timezone.override(zone):
            assert (times.day(date(2026, 11, 29)), times.machine(date(2026, 11, 29))) == ("Nov 29, 2026", "2026-11-29")
