"""The calendar of expirations, which calendar programs read as long as the person has the permission."""

import re
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from endpoints.mirror import resources
from endpoints.models import Endpoint, Preferences, SpeechModel

ADDRESS = "/models/expirations.ics"


@pytest.fixture
def models(db):
    """Two that are deployed, one that is not, one that never expires."""
    contoso = resources.register(name="Contoso", region="eastus", url="", key="a key", api_version="v3.2")
    day = timezone.now().replace(hour=12) + timedelta(days=60)
    kept = {}
    for name, expires, endpoints in (
        ("Call center; EU, 2026 \\ new", day, ["Support\r\ncalls", "Hotline"]),
        ("Diktat für Ärzte 🎙" * 8, day + timedelta(days=9), ["Diktat"]),
        ("idle", day, []),
        ("never", None, ["always"]),
    ):
        kept[name] = SpeechModel.objects.create(
            resource=contoso, remote_id=name[:9], display_name=name, kind="custom", locale="en-US", expires_at=expires
        )
        for endpoint in endpoints:
            Endpoint.objects.create(resource=contoso, display_name=endpoint, locale="en-US", model=kept[name])
    return list(kept.values())


def address(person):
    page = person.get("/models/").content.decode()
    return re.search(r'<code class="copy">([^<]*)</code>', page)[1].replace("&amp;", "&")


def parsed(answer):
    """A small parser of RFC 5545, independent of the writer: (component, {name: value}) in order."""
    raw = answer.content
    assert raw.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n|\r[^\n]", raw)
    lines = raw[:-2].split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()  # no character is split
    found, open_ones = [], []
    for line in raw.replace(b"\r\n ", b"").decode().splitlines():
        name, _colon, value = line.partition(":")
        name = name.partition(";")[0]
        if name == "BEGIN":
            open_ones.append((value, {}))
            found.append(open_ones[-1])
        elif name == "END":
            assert open_ones.pop()[0] == value
        else:
            open_ones[-1][1].setdefault(name, value)
    assert open_ones == []
    return found


def text(value):
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)


def events(answer):
    return [facts for component, facts in parsed(answer) if component == "VEVENT"]


def test_a_calendar_program_reads_the_days_without_a_session(bob, client, models):
    answer = client.get(address(bob))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]
    head = parsed(answer)[0]
    assert head[0] == "VCALENDAR"
    assert head[1]["VERSION"] == "2.0"
    assert head[1]["PRODID"]
    first, second = events(answer)
    assert first["UID"] == f"{models[0].pk}@speechstudio"
    assert first["DTSTART"] == f"{models[0].expires_at:%Y%m%d}"
    assert re.fullmatch(r"\d{8}T\d{6}Z", first["DTSTAMP"])
    assert text(first["SUMMARY"]) == "Model Call center; EU, 2026 \\ new expires (en-US)"
    assert text(second["SUMMARY"]) == f"Model {models[1].display_name} expires (en-US)"


def test_an_entry_names_the_endpoints_the_consequence_and_the_page(bob, client, models):
    first, second = events(client.get(address(bob)))
    told = text(first["DESCRIPTION"])
    assert "Hotline\nSupport\ncalls" in told
    assert "the service uses the newest base model for en-US without reporting an error" in told
    assert first["URL"].startswith("http://testserver/models/?q=")
    assert second["URL"] == f"http://testserver{models[1].endpoints.get().get_absolute_url()}"


def test_reminders_come_a_month_and_a_week_before(bob, client, models):
    alarms = [facts for component, facts in parsed(client.get(address(bob))) if component == "VALARM"]
    assert [alarm["TRIGGER"] for alarm in alarms] == ["-P30D", "-P7D"] * 2
    assert {alarm["ACTION"] for alarm in alarms} == {"DISPLAY"}
    assert all(alarm["DESCRIPTION"] for alarm in alarms)


def test_an_entry_of_the_past_says_what_has_happened_and_asks_for_nothing(bob, client, models):
    SpeechModel.objects.filter(pk=models[0].pk).update(expires_at=timezone.now() - timedelta(days=3))
    found = parsed(client.get(address(bob)))
    first = next(facts for component, facts in found if component == "VEVENT")
    assert text(first["SUMMARY"]) == "Model Call center; EU, 2026 \\ new expired (en-US)"
    told = text(first["DESCRIPTION"])
    assert "Since this date, the service has used the newest base model for en-US without reporting an error." in told
    assert "Change the model" not in told
    assert [component for component, _facts in found].count("VALARM") == 2


def test_models_that_are_not_deployed_are_included_on_request(bob, client, models):
    assert len(events(client.get(address(bob)))) == 2
    assert len(events(client.get(f"{address(bob)}&all=1"))) == 3


def test_an_entry_has_the_same_uid_each_time(bob, client, models):
    once, again = (events(client.get(address(bob))) for _reading in range(2))
    assert [event["UID"] for event in once] == [event["UID"] for event in again]


def test_the_day_is_the_one_of_the_persons_time_zone(bob, client, models):
    SpeechModel.objects.update(expires_at=datetime(2027, 1, 15, tzinfo=timezone.get_default_timezone()))
    Preferences.objects.create(user=bob.user, time_zone="America/New_York")
    assert {event["DTSTART"] for event in events(client.get(address(bob)))} == {"20270114"}


def change_password(user):
    user.set_password("another long enough word")
    user.save()


def deactivate(user):
    user.is_active = False
    user.save()


def take_the_permission(user):
    user.groups.remove(Group.objects.get(name="viewer"))


@pytest.mark.parametrize("what", [change_password, deactivate, take_the_permission, lambda user: user.delete()])
def test_the_address_becomes_invalid_with_the_password_the_account_or_the_permission(bob, client, models, what):
    known = address(bob)
    assert client.get(known).status_code == 200
    what(bob.user)
    assert client.get(known).status_code == 404


@pytest.mark.parametrize("token", ["", "x", "x:y", "\0", "WzEsIjEyMyJd:abc", "é" * 500])
def test_a_wrong_token_is_not_found(client, models, token):
    assert client.get(ADDRESS, {"token": token}).status_code == 404


def test_each_person_has_an_address_of_their_own_and_it_only_reads(alice, bob, client, models):
    assert address(alice) != address(bob)
    assert address(bob) == address(bob)
    assert client.post(address(bob)).status_code == 405


def test_the_calendar_has_a_name_and_is_read_again_each_day(bob, client, models):
    head = parsed(client.get(address(bob)))[0][1]
    assert head["NAME"] == head["X-WR-CALNAME"] == "Expirations of speech models"
    assert head["REFRESH-INTERVAL"] == head["X-PUBLISHED-TTL"] == "P1D"


def test_the_calendar_is_in_the_persons_language(bob, client, models):
    Preferences.objects.create(user=bob.user, language="de")
    answer = client.get(address(bob))
    assert text(parsed(answer)[0][1]["NAME"]) == "Ablauf von Sprachmodellen"
    assert "Hotline\nSupport\ncalls" in text(events(answer)[0]["DESCRIPTION"])


@pytest.mark.parametrize("letters", ["a", "ä", "語", "🎙", "\\", ",", " "])
def test_long_lines_are_folded_between_letters(bob, client, models, letters):
    name = f"x{letters * 100}x"
    SpeechModel.objects.update(display_name=name)
    assert {text(event["SUMMARY"]) for event in events(client.get(address(bob)))} == {f"Model {name} expires (en-US)"}


def test_control_characters_are_left_out(bob, client, models):
    SpeechModel.objects.update(display_name="tab:\t bell:\a escape:\x1b delete:\x7f line:\r\nend\rEND:VCALENDAR")
    wanted = "Model tab:\t bell: escape: delete: line:\nend\nEND:VCALENDAR expires (en-US)"
    assert {text(event["SUMMARY"]) for event in events(client.get(address(bob)))} == {wanted}


def test_processes_that_write_no_calendar_do_not_load_the_library():
    code = "import django, sys; django.setup(); import speechstudio.urls; sys.exit('icalendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
