"""Models: how long each can be used, where it is deployed, and in which waves they expire."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints.mirror import resources
from endpoints.models import Endpoint, Resource, SpeechModel, Status
from endpoints.models.automatic_deletion import AutomaticDeletion, parse_time_to_live
from endpoints.pages.model_list import year

CODE = re.compile("<code[^>]*>([^<]+)</code>")
FRAGMENT = {"HX-Request": "true", "HX-Target": "models"}
LATE_ENOUGH = timedelta(minutes=5)


@pytest.fixture
def contoso(db):
    """A Speech resource that was refreshed before; these tests need no service."""
    return resources.register(name="Contoso", region="eastus", url="", key="a key", api_version="v3.2")


@pytest.fixture
def model(contoso):
    """Makes a model that expires after so many days, used by so many endpoints."""

    def make(name, days=400, *, endpoints=0, **facts):
        expires = None if days is None else timezone.now() + timedelta(days=days) + LATE_ENOUGH
        facts = {"kind": "custom", "locale": "en-US", "status": Status.SUCCEEDED, "expires_at": expires} | facts
        made = SpeechModel.objects.create(resource=contoso, remote_id=f"r-{name}", display_name=name, **facts)
        Endpoint.objects.bulk_create(
            Endpoint(resource=contoso, display_name=f"{name} endpoint {number}", locale=made.locale, model=made)
            for number in range(endpoints)
        )
        return made

    return make


def names(answer):
    rows = re.findall(r'<tr id="model-.*?</th>', answer.content.decode(), re.DOTALL)
    return [re.search(r"<bdi>(.*?)</bdi>", row)[1] for row in rows]


def row(answer, model):
    return re.search(rf'<tr id="model-{model.pk}".*?</tr>', answer.content.decode(), re.DOTALL)[0]


def drawing(answer):
    return answer.content.decode().partition('<svg class="year"')[2].partition("</svg>")[0]


def test_the_first_to_expire_come_first_and_the_caption_tells_the_two_dates_apart(bob, model):
    for name, days in (("late", 300), ("never", None), ("over", -3), ("soon", 20)):
        model(name, days)
    answer = bob.get("/models/")
    assert names(answer) == ["over", "soon", "late", "never"]
    assert "falls back to the newest base model" in answer.content.decode()
    assert "be used to train custom models" in answer.content.decode()


@pytest.mark.parametrize(("days", "over"), [(-1, True), (1, False), (None, False)])
def test_a_model_that_can_no_longer_be_adapted_says_so(bob, model, days, over):
    ends = None if days is None else timezone.now() + timedelta(days=days)
    base = model("base", kind="base", adaptation_expires_at=ends)
    assert base.adaptation_over == over
    shown = row(bob.get("/models/"), base)
    assert ('<span class="line-2">Expired</span>' in shown) == over


def test_a_model_names_its_first_endpoint_and_leads_to_all_of_them(bob, model):
    few, many = model("few", endpoints=1), model("many", endpoints=5)
    answer = bob.get("/models/")
    endpoint = few.endpoints.get()
    assert f'href="{endpoint.get_absolute_url()}"' in row(answer, few)
    assert row(answer, many).count("many endpoint") == 1
    assert "and 4 more" in row(answer, many)
    assert f"/endpoints/?model={many.pk}" in row(answer, many)


def test_an_endpoint_that_is_gone_does_not_count_as_deployed(bob, model):
    used = model("used", endpoints=1)
    Endpoint.objects.update(gone_at=timezone.now())
    assert "used endpoint" not in row(bob.get("/models/"), used)
    assert names(bob.get("/models/", {"deployed": "1"})) == []


@pytest.mark.parametrize(
    ("days", "words", "badge"),
    [
        (-3, "Expired 2 days ago", "badge-danger"),
        (-2, "Expired 1 day ago", "badge-danger"),
        (-1, "Expired", "badge-danger"),
        (0, "Expires to", "badge-warning"),
        (29, "29 days left", "badge-warning"),
        (30, "30 days left", 'class="badge"'),
        (89, "89 days left", 'class="badge"'),
        (90, "90 days left", ""),
    ],
)
def test_each_level_of_expiration_has_its_words_and_its_own_icon(bob, model, days, words, badge):
    made = model("m", days)
    shown = row(bob.get("/models/"), made)
    assert words in shown
    assert badge in shown if badge else "badge" not in shown


def test_the_icons_of_the_levels_differ(bob, model):
    drawn = set()
    for days in (-5, 10, 60):
        made = model(f"m{days}", days)
        badge = row(bob.get("/models/"), made).partition('class="badge')[2]
        drawn.add(re.search(r"<svg.*?</svg>", badge)[0])
    assert len(drawn) == 3


def test_only_a_model_that_is_used_is_said_to_be_replaced_by_another(bob, model):
    sentence = "the service now uses the newest base model for en-US without reporting an error"
    used, unused = model("used", -3, endpoints=1), model("unused", -3)
    answer = bob.get("/models/")
    assert sentence in row(answer, used)
    assert sentence not in row(answer, unused)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "HOTLINE"}, {"calls"}),
        ({"q": "r-base"}, {"base"}),
        ({"locale": "de-DE"}, {"calls"}),
        ({"kind": "base"}, {"base"}),
        ({"expiring": "expired"}, {"over"}),
        ({"expiring": "30"}, {"calls"}),
        ({"expiring": "90"}, {"calls", "base"}),
        ({"deployed": "1"}, {"over"}),
        ({"kind": "base", "expiring": "30"}, set()),
        ({"kind": "x", "expiring": "-1", "week": "2026-99-99", "q": "\0"}, {"calls", "base", "over", "far"}),
    ],
)
def test_filters_are_in_the_address_and_unknown_values_are_ignored(bob, model, asked, found):
    model("calls", 20, locale="de-DE", description="EU hotline")
    model("base", 80, kind="base")
    model("over", -20, endpoints=1)
    model("far", 500)
    assert set(names(bob.get("/models/", asked))) == found


def test_the_order_is_in_the_address_and_in_the_links_of_the_column_headers(bob, model):
    for name, endpoints in (("b", 2), ("a", 0), ("c", 1)):
        model(name, endpoints=endpoints)
    assert names(bob.get("/models/", {"sort": "name"})) == ["a", "b", "c"]
    assert names(bob.get("/models/", {"sort": "-deployed"})) == ["b", "c", "a"]
    page = bob.get("/models/", {"sort": "name", "locale": "en-US"}).content.decode()
    assert 'aria-sort="ascending"><a id="sort-name" href="?sort=-name&amp;locale=en-US"' in page


def test_pages_of_fifty_keep_the_filters(bob, model):
    for number in range(60):
        model(f"m{number:02}", days=500)
    first = bob.get("/models/", {"sort": "name", "kind": "custom"})
    assert len(names(first)) == 50
    address = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1].replace("&amp;", "&")
    assert names(bob.get(f"/models/{address}"))[-1] == "m59"
    assert "60 models" in first.content.decode()


def test_a_filter_applies_to_the_table_alone_and_announces_the_number(bob, model):
    model("calls"), model("other")
    answer = bob.get("/models/", {"q": "calls"}, headers=FRAGMENT)
    page = answer.content.decode()
    assert "<html" not in page
    assert names(answer) == ["calls"]
    assert 'role="status"' in page
    assert "1 model<" in page


def test_nothing_yet_and_nothing_found_are_two_different_pages(bob, model):
    model("calls").delete()  # its resource has been synchronized, and has no models
    Resource.objects.update(mirrored_at=timezone.now())
    assert "No models yet" in bob.get("/models/").content.decode()
    model("calls")
    page = bob.get("/models/", {"q": "no such thing"}).content.decode()
    assert "Nothing found" in page
    assert "no such thing" in page
    assert "Clear filters" in page


def test_the_number_of_queries_does_not_grow_with_the_models(alice, model):
    counts = []
    alice.get("/models/")
    for more in (0, 2, 60):
        for number in range(more):
            model(f"{more} {number}", days=number * 6 - 5, endpoints=number % 3)
        with CaptureQueriesContext(connection) as queries:
            alice.get("/models/")
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2] <= 20


def test_each_model_of_the_year_is_a_mark_that_says_everything_and_is_a_link(bob, model):
    model("calls", 40, endpoints=2)
    model("idle", 40)
    model("after the year", 500)
    shown = drawing(bob.get("/models/"))
    when = timezone.localtime() + timedelta(days=40) + LATE_ENOUGH
    words = f"calls, {when:%b} {when.day}, {when.year}, 40 days left, deployed to 2 endpoints"
    assert f"<title>{words}</title>" in shown
    assert "idle, " in shown
    assert "not deployed" in shown
    assert "after the year" not in shown
    assert 'href="/models/?q=r-calls"' in shown


def test_a_wave_of_many_models_is_one_bar_that_leads_to_its_week(bob, model):
    for number in range(9):
        model(f"m{number}", 40, endpoints=int(number < 2))
    model("alone", 60)
    answer = bob.get("/models/")
    assert "9 models, 2 deployed" in drawing(answer)
    week = re.search(r'href="(\?week=[^"]*)"><title>', drawing(answer))[1]
    found = bob.get(f"/models/{week}")
    assert sorted(names(found)) == [f"m{number}" for number in range(9)]
    assert "Show all weeks" in found.content.decode()


def test_the_picture_follows_the_filters_and_is_absent_when_there_is_nothing_to_draw(bob, model):
    model("calls", 40, endpoints=1)
    model("idle", 40)
    assert "idle, " not in drawing(bob.get("/models/", {"deployed": "1"}))
    assert drawing(bob.get("/models/", {"q": "nothing"})) == ""


def test_a_name_with_markup_is_text_in_the_picture_too(bob, model):
    model('"><script>alert(1)</script>', 40)
    assert "<script>alert" not in bob.get("/models/").content.decode()


# Positions in the chart

TODAY = date(2026, 11, 22)


def test_days_of_one_week_are_one_wave_and_what_has_expired_comes_first():
    days = [(date(2026, 11, 22), 1, 0), (date(2026, 11, 28), 2, 1), (date(2026, 11, 29), 1, 1)]
    found = year.expiration_weeks([*days, (date(2028, 1, 1), 7, 7), (date(2026, 1, 1), 7, 7)], TODAY, expired=(3, 2))
    assert found == [
        year.ExpirationWeek(None, 3, 2),
        year.ExpirationWeek(date(2026, 11, 22), 3, 1),
        year.ExpirationWeek(date(2026, 11, 29), 1, 1),
    ]


def test_marks_stand_upon_each_other_inside_the_picture_and_bars_grow_with_their_waves():
    small, large, largest = (
        year.ExpirationWeek(TODAY, 6, 1),
        year.ExpirationWeek(date(2027, 1, 10), 7, 7),
        year.ExpirationWeek(None, 700, 1),
    )
    drawn = year.year_chart([largest, small, large], {TODAY: [(n, n == 5) for n in range(6)]}, TODAY)
    assert len({(mark.x, mark.y) for mark in drawn.marks}) == 6
    assert all(0 <= mark.y <= drawn.line - year.MARK and drawn.left <= mark.x < drawn.width for mark in drawn.marks)
    assert [mark.model for mark in drawn.marks if mark.deployed] == [5]
    assert max(drawn.marks, key=lambda mark: mark.y).model == 5  # deployed models are next to the line
    assert drawn.bars[0].height > drawn.bars[1].height >= year.MARK
    assert drawn.bars[0].deployed_height >= 2
    assert drawn.bars[0].x < drawn.left <= drawn.bars[1].x


@pytest.mark.parametrize("today", [TODAY, date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_the_months_of_the_year_are_named_in_order_and_the_year_where_it_begins(today):
    months = year.year_chart([], {}, today).months
    assert [month.x for month in months] == sorted({month.x for month in months})
    assert 11 <= len(months) <= 13
    assert [month for month in months[1:] if month.names_year] == [m for m in months[1:] if m.first.month == 1]


# Endpoints that the service deletes by itself


@pytest.mark.parametrize(
    ("ago", "words", "level"),
    [
        (timedelta(days=4), "Will be deleted by the service in 3 days", "soon"),
        (timedelta(days=6), "Will be deleted by the service in 1 day", "soon"),
        (timedelta(days=6, hours=20), "Will be deleted by the service in 4 hours", "near"),
        (timedelta(days=6, hours=23, minutes=30), "Will be deleted by the service within an hour", "near"),
        (timedelta(days=8), "Will be deleted by the service soon", "over"),
    ],
)
def test_an_endpoint_of_the_free_tier_counts_down_seven_days(ago, words, level):
    end = AutomaticDeletion.of(timezone.now() + LATE_ENOUGH - ago, free_tier=True)
    assert (end.words, end.level) == (words, level)
    assert "seven days" in end.sentence


def test_the_countdown_is_shown_with_its_date_and_reason(bob, endpoint):
    Resource.objects.update(free_tier=True)
    Endpoint.objects.update(created_at=datetime(2026, 11, 1, 9, tzinfo=UTC))
    shown = re.search(r'<span class="line-2 end.*?</span>', bob.get("/endpoints/").content.decode())[0]
    words = AutomaticDeletion.of(datetime(2026, 11, 1, 9, tzinfo=UTC), free_tier=True).words
    for part in (
        "Nov 8, 2026",
        f"> {words}<",
        "In the free tier (F0), an endpoint is deleted after seven days.",
        "<svg",
    ):
        assert part in shown


def test_the_earlier_end_counts_and_without_one_an_endpoint_stays():
    born = datetime(2026, 11, 1, tzinfo=UTC)
    assert AutomaticDeletion.of(born) is None
    early = AutomaticDeletion.of(born, time_to_live=timedelta(days=1), free_tier=True)
    assert early == AutomaticDeletion(born + timedelta(days=1), free_tier=False)
    late = AutomaticDeletion.of(born, time_to_live=timedelta(days=31), free_tier=True)
    assert late == AutomaticDeletion(born + timedelta(days=7), free_tier=True)


@pytest.mark.parametrize("text", [None, "", "PT0S", "-P1D", "P1Y", "soon", "30", "P99999999999999D"])
def test_a_missing_or_invalid_time_to_live_is_none(text):
    assert parse_time_to_live(text) is None


def test_a_time_to_live_is_parsed():
    assert parse_time_to_live("P1DT2H") == timedelta(days=1, hours=2)


@pytest.mark.parametrize("kind", ["base", "custom"])
@pytest.mark.parametrize(
    ("version", "address"),
    [("v3.2", "/speechtotext/v3.2{path}"), ("2025-10-15", "/speechtotext{path}?api-version=2025-10-15")],
)
def test_a_model_has_its_id_and_its_api_address(bob, model, kind, version, address):
    made = model("Hotline", kind=kind)
    Resource.objects.update(api_version=version)
    path = f"/models/base/{made.remote_id}" if kind == "base" else f"/models/{made.remote_id}"
    copied = CODE.findall(bob.get("/models/", headers=FRAGMENT).content.decode())
    assert copied == [made.remote_id, "https://eastus.api.cognitive.microsoft.com" + address.format(path=path)]
