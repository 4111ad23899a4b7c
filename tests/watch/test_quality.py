"""The watch over quality after a change: it tells of what is worse, and stays silent on chance alone."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints.changes import submit
from endpoints.models import Endpoint, LogArchive, LogEntry, Quality, QualityDay
from endpoints.models.alert import AlertRule
from endpoints.models.log import Outcome
from endpoints.models.quality import BEGINNING, SILENT_DAYS, QualityVerdict
from endpoints.watch.quality import comparing, sums, verdicts, watching
from endpoints.watch.quality.periods import periods
from tests.alerts.looking import facts, look
from tests.watch.regimes import MONDAY, changed, log, seeded

NOW = MONDAY + timedelta(days=28)
SEEDS = range(200)


def days(seed, first, count, *, share, calls=lambda at: 0 if at.weekday() > 4 else 40, restless=0.0):
    """Days of a center that is closed on weekends; `restless`: by how much the share differs from day to day."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        at = first + timedelta(days=number)
        own = min(max(chance.gauss(share, restless), 0.0), 1.0)
        entries = calls(at)
        without = sum(chance.random() < own for _ in range(entries))
        found.append(QualityDay(day=at.date(), entries=entries, without_result=without))
    return found


def verdict(seed, share, since, **how):
    before = days(seed, MONDAY, 14, share=share, **how)
    return comparing.compare(before, days(seed + 1000, MONDAY + timedelta(days=14), 14, share=since, **how)).verdict


@pytest.mark.parametrize(("restless", "calls"), [(0.0, 40), (0.02, 40), (0.04, 200)])
def test_on_chance_alone_it_stays_silent(restless, calls):
    """Also where the calls of a day resemble each other, so that days differ more than single calls explain."""
    told = [
        verdict(seed, 0.12, 0.12, restless=restless, calls=lambda at: 0 if at.weekday() > 4 else calls)
        for seed in SEEDS
    ]
    assert sum(one != QualityVerdict.SAME for one in told) <= len(SEEDS) // 100


def test_a_share_without_a_result_that_doubles_is_told():
    told = [verdict(seed, 0.08, 0.18, calls=lambda at: 0 if at.weekday() > 4 else 80) for seed in SEEDS]
    assert sum(one == QualityVerdict.WORSE for one in told) >= 0.9 * len(SEEDS)
    assert QualityVerdict.BETTER not in told


def test_a_share_that_falls_is_better_and_raises_no_alarm():
    assert verdict(1, 0.3, 0.05) == QualityVerdict.BETTER


def test_there_is_no_verdict_under_fifty_entries_on_a_side():
    before = days(1, MONDAY, 14, share=0.05)
    for entries, told in ((49, QualityVerdict.TOO_FEW), (50, QualityVerdict.WORSE)):
        since = [QualityDay(day=(MONDAY + timedelta(days=14)).date(), entries=entries, without_result=entries)]
        assert comparing.compare(before, since).verdict == told


def test_confidence_that_falls_is_shown_and_decides_nothing():
    """Two models may measure it differently."""
    before, since = days(1, MONDAY, 14, share=0.1), days(2, MONDAY + timedelta(days=14), 14, share=0.1)
    for day in (*before, *since):
        confidence = 0.9 if day.day < (MONDAY + timedelta(days=14)).date() else 0.4
        day.confidence_count = day.entries
        day.confidence_sum, day.confidence_squares = day.entries * confidence, day.entries * confidence**2
    found = comparing.compare(before, since)
    assert found.verdict == QualityVerdict.SAME
    assert [mean.beyond_chance for mean in found.means if mean.measure == "confidence"] == [True]


def test_a_difference_that_matters_to_nobody_is_not_told():
    """However sure it is: 3% instead of 2% of a hundred thousand calls a day."""
    later = MONDAY + timedelta(days=14)
    sides = [
        [
            QualityDay(day=(first + timedelta(days=number)).date(), entries=100_000, without_result=without)
            for number in range(14)
        ]
        for first, without in ((MONDAY, 2_000), (later, 3_000))
    ]
    assert comparing.compare(*sides).verdict == QualityVerdict.SAME


def of_week(first, count, seed, share=0.05):
    """Of a center that is also open on weekends, when every second call is noise."""
    return [
        *days(seed, first, count, share=share, calls=lambda at: 60 if at.weekday() < 5 else 0),
        *days(seed, first, count, share=0.5, calls=lambda at: 60 if at.weekday() > 4 else 0),
    ]


def test_weekends_that_are_always_worse_are_compared_with_weekends():
    """Three days since the change, two of them on a weekend."""
    friday = MONDAY + timedelta(days=18)
    told = [comparing.compare(of_week(MONDAY, 14, seed), of_week(friday, 3, seed + 999)).verdict for seed in SEEDS]
    assert sum(one != QualityVerdict.SAME for one in told) <= len(SEEDS) // 100


def test_weekends_that_are_always_worse_hide_no_change_of_the_other_days():
    later = MONDAY + timedelta(days=14)
    found = [(of_week(MONDAY, 14, seed), of_week(later, 14, seed + 999, share=0.2)) for seed in SEEDS]
    told = [comparing.compare(before, since).verdict for before, since in found]
    assert sum(one == QualityVerdict.WORSE for one in told) >= 0.9 * len(SEEDS)


def test_each_entry_is_in_the_sums_once_however_often_they_are_made(long_ago):
    log(long_ago, MONDAY, seconds=6)
    log(long_ago, MONDAY + timedelta(hours=1), outcome=Outcome.NOTHING, seconds=2)
    log(long_ago, MONDAY, outcome=Outcome.UNREADABLE)
    log(long_ago, MONDAY, outcome=Outcome.UNREAD)
    for _ in range(3):
        watching.take(long_ago, NOW)
    (day,) = QualityDay.objects.all()
    assert (day.entries, day.without_result, day.seconds_sum) == (2, 1, 8)
    assert (day.confidence_count, day.confidence_sum) == (1, 0.9)
    assert (day.pace_count, day.pace_sum) == (1, 40)  # four words in six seconds


def test_a_text_that_is_removed_and_read_again_is_not_counted_twice(long_ago):
    entry = log(long_ago, MONDAY)
    sums.add(long_ago)
    LogEntry.objects.filter(pk=entry.pk).update(outcome=Outcome.UNREAD, text="")
    LogEntry.objects.filter(pk=entry.pk).update(outcome=Outcome.RECOGNIZED, text="again")
    sums.add(long_ago)
    assert QualityDay.objects.get().entries == 1


def test_many_entries_are_added_in_batches(long_ago, monkeypatch):
    monkeypatch.setattr(sums, "AT_ONCE", 3)
    for number in range(7):
        log(long_ago, MONDAY + timedelta(minutes=number))
    assert sums.add(long_ago) == 7
    assert QualityDay.objects.get().entries == 7


def test_only_endpoints_with_news_are_looked_at_again(long_ago):
    log(long_ago, MONDAY)
    watching.take_all(NOW)
    assert QualityDay.objects.get().entries == 1
    with CaptureQueriesContext(connection) as made:
        watching.take_all(NOW)
    assert len(made) == 1
    Quality.objects.update(updated_at=NOW - timedelta(days=2))
    with CaptureQueriesContext(connection) as made:
        watching.take_all(NOW)
    assert len(made) > 1


def test_the_day_of_a_change_is_divided_between_both_models(long_ago, other):
    changed(long_ago, MONDAY + timedelta(hours=12), other, long_ago.model)
    log(long_ago, MONDAY + timedelta(hours=11))
    log(long_ago, MONDAY + timedelta(hours=13))
    sums.add(long_ago)
    assert sorted(QualityDay.objects.values_list("entries", flat=True)) == [1, 1]
    assert QualityDay.objects.filter(since=MONDAY + timedelta(hours=12)).get().entries == 1


def test_a_change_that_goes_back_is_known_as_such(long_ago, other):
    first = long_ago.model
    changed(long_ago, MONDAY, other, first)
    changed(long_ago, MONDAY + timedelta(days=2), first, other)
    changed(long_ago, MONDAY + timedelta(days=9), other, first)
    assert [(one.model, one.back) for one in periods(long_ago)][-3:] == [
        (other.display_name, False),
        (first.display_name, True),
        (other.display_name, False),  # tried again
    ]
    assert periods(long_ago)[0].since == BEGINNING


def test_only_the_two_weeks_before_and_since_a_change_are_compared(long_ago, other):
    at = MONDAY + timedelta(days=28)
    changed(long_ago, at, other, long_ago.model)
    for number in (-20, -13, -1, 1, 13, 20):
        log(long_ago, at + timedelta(days=number))
    sums.add(long_ago)
    (found,) = verdicts.compared(long_ago, list(QualityDay.objects.all()), 3)[:1]
    assert (found.comparison.entries_before, found.comparison.entries_since) == (2, 2)


def test_of_two_regimes_the_watch_tells(long_ago, other):
    changed(long_ago, MONDAY + timedelta(days=14), other, long_ago.model)
    seeded(long_ago, MONDAY, 0.05)
    seeded(long_ago, MONDAY + timedelta(days=14, hours=1), 0.25)
    watching.take(long_ago, NOW)
    quality = Quality.objects.get()
    assert quality.verdict == QualityVerdict.WORSE
    assert quality.before_share < 0.1 < quality.since_share
    (period, *_) = verdicts.compared(long_ago, list(QualityDay.objects.all()), 3)
    assert period.period.model == other.display_name


def test_going_back_to_the_model_before_ends_the_verdict(long_ago, other, alice):
    test_of_two_regimes_the_watch_tells(long_ago, other)
    long_ago.model = other
    long_ago.save(update_fields=["model"])
    assert submit.previous_model(long_ago) is not None
    changed(long_ago, NOW, submit.previous_model(long_ago), other)
    verdicts.update(long_ago, NOW)
    assert Quality.objects.get().verdict == QualityVerdict.TOO_FEW


def test_an_endpoint_that_no_speech_reaches_is_told_once(long_ago):
    Endpoint.objects.update(logging_enabled=True)
    Quality.objects.create(endpoint=long_ago, last_day=MONDAY.date(), silent_days=4)
    look()
    assert facts(AlertRule.SILENT) == []
    Quality.objects.update(silent_days=5)
    look()
    Quality.objects.update(silent_days=6)
    look()
    (told,) = facts(AlertRule.SILENT)
    assert "on 5 days since Mar 2, 2026" in told


def test_the_page_needs_as_many_queries_with_many_entries_as_with_few(long_ago, other, alice):
    changed(long_ago, timezone.now() - timedelta(days=10), other, long_ago.model)
    counts = []
    for entries in (3, 100):
        for number in range(entries):
            log(long_ago, timezone.now() - timedelta(days=number % 20, minutes=number))
        watching.take(long_ago)
        alice.get(long_ago.get_absolute_url())
        with CaptureQueriesContext(connection) as made:
            alice.get(long_ago.get_absolute_url())
        counts.append(len(made))
        assert not any("endpoints_logentry" in one["sql"] for one in made)
    assert counts[0] == counts[1]


def spoken(endpoint, *dates):
    for date in dates:
        QualityDay.objects.create(endpoint=endpoint, day=date, entries=10)


def silent_days(endpoint, now):
    LogArchive.objects.update_or_create(endpoint=endpoint, defaults={"checked_at": now})
    return verdicts.update(endpoint, now).silent_days


def test_days_on_which_there_usually_is_speech_are_counted_when_none_comes(long_ago):
    long_ago.logging_enabled = True
    workdays = [MONDAY + timedelta(days=number) for number in range(28) if number % 7 < 5]
    spoken(long_ago, *(at.date() for at in workdays))
    friday = workdays[-1]
    assert silent_days(long_ago, friday + timedelta(days=3)) == 0  # a weekend
    assert silent_days(long_ago, friday + timedelta(days=8)) == 5
    long_ago.logging_enabled = False
    assert silent_days(long_ago, friday + timedelta(days=8)) == 0


def test_a_holiday_is_no_silence_and_does_not_make_its_weekday_unusual(long_ago):
    long_ago.logging_enabled = True
    workdays = [MONDAY + timedelta(days=number) for number in range(28) if number % 7 < 5]
    monday = MONDAY + timedelta(days=14)
    spoken(long_ago, *(at.date() for at in workdays if at != monday))
    assert silent_days(long_ago, monday + timedelta(days=14)) == 0  # a weekend; this Monday is not over
    assert silent_days(long_ago, monday + timedelta(days=15)) == 1  # the Monday, as before
    assert silent_days(long_ago, monday + timedelta(days=15)) < SILENT_DAYS


def test_a_weekday_that_seldom_has_speech_is_not_missed(long_ago):
    long_ago.logging_enabled = True
    spoken(long_ago, *((MONDAY + timedelta(weeks=number)).date() for number in (0, 3)), (MONDAY + timedelta(24)).date())
    assert silent_days(long_ago, MONDAY + timedelta(weeks=9)) == 0


def test_silence_tells_nothing_while_nobody_checks_for_logs(long_ago):
    long_ago.logging_enabled = True
    spoken(long_ago, *((MONDAY + timedelta(days=number)).date() for number in range(28)))
    assert silent_days(long_ago, NOW + timedelta(days=6)) == 6
    LogArchive.objects.update(checked_at=NOW)
    assert verdicts.update(long_ago, NOW + timedelta(days=6)).silent_days == 0
