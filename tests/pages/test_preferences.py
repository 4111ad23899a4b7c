"""Settings: each person reads times in their own zone, and pages in their own language."""

import re
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from endpoints.models import Change, Endpoint, Preferences, SpeechModel
from tests.conftest import person
from tests.pages.reading import form_of, page_of

NOON = datetime(2028, 1, 15, 12, 0, 7, tzinfo=UTC)


def choose(client, time_zone="", language=""):
    answer = client.post("/settings/", {"time_zone": time_zone, "language": language})
    assert answer.status_code == 302
    return answer


@pytest.fixture
def address(endpoint):
    """The page of an endpoint that was made at noon."""
    Endpoint.objects.update(created_at=NOON)
    return endpoint.get_absolute_url()


def created(client, address):
    """The creation time on a page: its text, and its exact value."""
    page = client.get(address).content.decode()
    found = re.search(r'<time datetime="2028-01-15T[^"]*" data-exact="([^"]*)">(.*?)</time>', page)
    return re.sub("<[^>]*>", "", found[2]), found[1]


def test_times_are_those_of_the_installation_before_anything_is_known(alice, address):
    assert created(alice, address) == ("Jan 15, 2028 12:00", ":07 UTC")


def test_times_are_in_the_zone_that_a_person_has_chosen_and_in_nobody_elses(alice, bob, address):
    choose(alice, "Europe/Berlin")
    assert created(alice, address) == ("Jan 15, 2028 13:00", ":07 CET")
    assert created(bob, address) == ("Jan 15, 2028 12:00", ":07 UTC")


def test_a_cached_row_is_in_each_persons_own_language_and_time_zone(alice, bob, address):
    for reader in (alice, bob):
        reader.post("/endpoints/columns/", {"column": ["created"]})
    choose(alice, "Europe/Berlin", "de")
    for _page in ("made", "kept"):
        assert created(alice, "/endpoints/")[0] == "15. Jan. 2028 13:00"
        assert created(bob, "/endpoints/")[0] == "Jan 15, 2028 12:00"


@pytest.mark.parametrize("cookie", ["time_zone", "__Secure-time_zone"])
def test_times_are_in_the_browsers_zone_until_a_person_chooses_another(alice, address, cookie):
    alice.cookies[cookie] = "America/New_York"
    assert created(alice, address)[0] == "Jan 15, 2028 07:00"
    assert "Browser default (America/New_York)" in alice.get("/settings/").content.decode()
    choose(alice, "Asia/Tokyo")
    assert created(alice, address)[0] == "Jan 15, 2028 21:00"
    choose(alice)
    assert created(alice, address)[0] == "Jan 15, 2028 07:00"


def test_a_sentence_about_what_was_done_needs_no_cookie_of_its_own(alice):
    answer = alice.post("/settings/sessions/")
    assert {*answer.cookies} <= {"sessionid"}
    assert "There was no other session." in alice.get("/settings/sessions/").content.decode()
    assert "There was no other session." not in alice.get("/settings/sessions/").content.decode()


@pytest.mark.parametrize("told", ["", "Mars/Olympus", "../../../../etc/passwd", "/etc/localtime", '"><b>', "x" * 3000])
def test_an_invalid_time_zone_of_a_browser_is_ignored(alice, address, told):
    alice.cookies["time_zone"] = told
    assert created(alice, address)[0] == "Jan 15, 2028 12:00"
    assert (
        "Your browser didn&#x27;t report a time zone. UTC is used instead." in alice.get("/settings/").content.decode()
    )


def test_a_person_reads_pages_in_the_language_of_their_choice_and_dates_in_its_order(alice, bob, address):
    choose(alice, language="de")
    answer = alice.get("/settings/")
    assert '<html lang="de">' in answer.content.decode()
    assert answer["Content-Language"] == "de"
    assert created(alice, address)[0] == "15. Jan. 2028 12:00"
    assert bob.get("/settings/")["Content-Language"] == "en"
    assert translation.get_language() == "en"
    assert timezone.get_current_timezone_name() == "UTC"


def test_the_browsers_language_is_used_until_a_person_chooses_another(alice):
    german = {"Accept-Language": "de-AT,de;q=0.9"}
    assert alice.get("/settings/", headers=german)["Content-Language"] == "de"
    choose(alice, language="en")
    assert alice.get("/settings/", headers=german)["Content-Language"] == "en"
    choose(alice)
    assert alice.get("/settings/", headers=german)["Content-Language"] == "de"
    translation.activate("en")


def test_the_page_shows_what_was_chosen_and_says_that_it_is_saved(alice):
    choose(alice, "Europe/Berlin", "de")
    page = alice.get("/settings/").content.decode()
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<option value="de" selected>' in page
    assert 'role="status"' in page


def test_saving_leaves_the_other_preferences_as_they_are(alice):
    Preferences.objects.create(user=alice.user, columns=["name", "status"])
    choose(alice, "Europe/Berlin")
    row = Preferences.objects.get()
    assert (row.columns, row.time_zone, row.language) == (["name", "status"], "Europe/Berlin", "")


@pytest.mark.parametrize(("field", "value"), [("time_zone", "Mars/Olympus"), ("language", "tlh")])
def test_what_cannot_be_chosen_is_the_fields_error(alice, field, value):
    answer = alice.post("/settings/", {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Preferences.objects.exists()


def test_a_choice_outlives_the_session(alice, address):
    choose(alice, "Europe/Berlin")
    alice.logout()
    alice.force_login(alice.user)
    assert created(alice, address)[0] == "Jan 15, 2028 13:00"


def asked(client, address):
    """How many queries of a page read preferences alone; that of the frame compares the bell with them."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return sum(query["sql"].startswith('SELECT "endpoints_preferences"') for query in queries)


def test_preferences_are_read_from_the_database_once_in_a_session(alice):
    assert [asked(alice, "/activity/") for _page in range(3)] == [1, 0, 0]


def test_preferences_are_not_read_for_machines(alice):
    assert asked(alice, "/health/live") == 0


def test_a_time_is_typed_in_a_persons_own_zone_and_read_in_everybody_elses(alice, bob, endpoint, other):
    choose(alice, "Europe/Berlin")
    bob.cookies["time_zone"] = "America/New_York"
    SpeechModel.objects.filter(pk=other.pk).update(expires_at=datetime(2040, 1, 1, tzinfo=UTC))
    page = page_of("change-model", endpoint)
    assert "Times are in Europe/Berlin." in alice.get(page).content.decode()
    form = form_of(alice, page, model=str(other.pk), at="2030-01-15T02:00")
    assert alice.post(page, form).status_code == 302
    assert Change.objects.get().scheduled_for == datetime(2030, 1, 15, 1, 0, tzinfo=UTC)
    for client, told in ((alice, "Jan 15, 2030 02:00 CET"), (bob, "Jan 14, 2030 20:00 EST")):
        read = client.get(endpoint.get_absolute_url()).content.decode()
        assert told in read


SKIPPED = "%s doesn&#x27;t exist on this day because clocks go forward in Europe/Berlin. Choose %s or another time."
REPEATED = "%s occurs twice on this day because clocks go back in Europe/Berlin. Choose another time."


@pytest.mark.parametrize(
    ("at", "said"),
    [("2030-03-31T02:30", SKIPPED % ("02:30", "03:30")), ("2030-10-27T02:30", REPEATED % "02:30")],
    ids=["never", "twice"],
)
def test_a_time_that_the_change_of_clocks_skips_or_repeats_is_the_fields_error(alice, endpoint, other, at, said):
    choose(alice, "Europe/Berlin")
    page = page_of("change-model", endpoint)
    answer = alice.post(page, form_of(alice, page, model=str(other.pk), at=at))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{at}"' in answer.content.decode()
    assert not Change.objects.exists()


def test_everybody_finds_the_settings_in_their_menu(bob):
    assert '<a class="button" href="/settings/"' in bob.get("/endpoints/").content.decode()


def test_a_person_without_a_role_has_settings_too(db):
    choose(person("new", None), "Europe/Berlin")
