"""Runs the tests that depend most on the database again on PostgreSQL."""

import re
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from tests.demo import ROOT, environment

# Tests of content logs with search, upserts, counters, locks, and cascading deletion.
BROWSING = ["entries_are_searched_and_filtered_by_the_address", "pages_lead_through_all_entries_by_key"]
DOWNLOADING = [
    "a_listener_gets_one_zip_with_recordings_transcripts_and_tables",
    "download_log_pressed_twice_makes_one_download",
    "files_that_we_hold_are_not_fetched_again",
]
KEEPING = [
    "several_looks_count_nothing_twice",
    "what_was_gone_before_we_came_is_counted_and_forgotten",
    "copies_go_after_their_time_with_what_they_said",
    "what_a_running_download_needs_stays_until_it_is_done",
    "orphaned_halves_and_empty_files_are_counted",
]
PURGING = [
    "a_single_entry_goes_with_both_halves_at_both_places",
    "a_look_while_the_service_still_has_them_does_not_bring_them_back",
    "a_zip_that_contains_them_goes_too",
    "it_waits_for_a_worker_that_is_fetching_one_of_them",
    "what_is_recorded_later_on_the_last_day_is_not_meant",
]
# Tests of faults that depend on constraints, leases, commits, and a full disk.
FAULTS = [
    "two_people.py::test_two_people_change_the_model_at_once",
    "two_people.py::test_the_same_form_arriving_twice_at_once_makes_one_change",
    "two_people.py::test_the_same_form_for_a_new_endpoint_four_times_at_once_makes_one_change",
    "twice_and_late.py::test_a_message_delivered_repeatedly_sends_one_request",
    "twice_and_late.py::test_a_change_of_model_delivered_four_times_sends_one_request",
    "twice_and_late.py::test_a_message_for_a_change_that_is_closed_or_gone_does_nothing",
    "twice_and_late.py::test_a_worker_that_wakes_up_after_its_lease_changes_nothing",
    "twice_and_late.py::test_two_beats_send_each_message_twice_and_nothing_happens_twice",
    "twice_and_late.py::test_a_change_whose_commit_looked_like_a_failure_is_found_by_the_sweep",
    "twice_and_late.py::test_a_worker_whose_commit_looked_like_a_failure_neither_loses_nor_doubles",
    "twice_and_late.py::test_a_lease_is_not_stolen_by_a_worker_whose_clock_is_wrong",
    "twice_and_late.py::test_a_worker_whose_lease_has_ended_does_not_release_the_lease_of_the_next",
    "full_database.py::test_a_full_database_keeps_pages_readable_and_takes_no_half_change",
    "full_database.py::test_work_that_a_full_database_interrupts_is_neither_lost_nor_done_twice",
    "full_database.py::test_a_database_that_cannot_be_written_is_logged_in_one_line",
]
PARTS = [
    "changes/test_change_model.py",
    "test_tasks.py",
    "mirror/test_unreadable_items.py",  # texts that only PostgreSQL refuses
    "access/test_seals.py",
    "access/test_erasing.py",
    "access/test_append_only.py",  # triggers
    "addresses/test_moving.py::test_an_address_is_deleted_while_a_worker_moves_it",  # locks of rows
    "watch/test_own_entries.py::test_the_list_shows_probes_when_they_are_asked_for",  # how they are left out
    "watch/test_probes.py::test_a_probe_is_removed_while_a_worker_ends_its_run",
    "test_search.py",
    *(f"faults/test_{name}" for name in FAULTS),
    "pages/test_activity.py",  # generated columns
    "pages/test_list.py::test_a_poll_without_news_takes_one_query_and_few_bytes",
    "pages/test_list.py::test_rows_in_progress_make_the_table_poll_often_and_settled_rows_seldom",
    *(f"logs/test_browsing.py::test_{name}" for name in BROWSING),
    *(f"logs/test_downloads.py::test_{name}" for name in DOWNLOADING),
    *(f"logs/test_keeping.py::test_{name}" for name in KEEPING),
    *(f"logs/test_purging.py::test_{name}" for name in PURGING),
]


def run_on(postgresql, tmp_path, database, *parts):
    """The number of tests in `parts` of tests/, which have passed on a database of their own."""
    env = environment(
        tmp_path,
        DATABASE_URL=postgresql.url(database),
        SECRET_KEY="only these tests sign with it",
        ENCRYPTION_KEYS=Fernet.generate_key().decode(),
    )
    postgresql.create(f"test_{database}", migrated=True)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--reuse-db"]
    done = subprocess.run(
        [*command, *(f"tests/{part}" for part in parts)], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The tests have been there: numbers of rows that were rolled back are not given away again.
    assert postgresql.ask(f"test_{database}", "select last_value > 1 from auth_user_id_seq") == [(True,)]
    return int(re.search(r"(\d+) passed", done.stdout)[1])


def test_changes_workers_and_constraints_work_on_postgresql(postgresql, tmp_path):
    assert run_on(postgresql, tmp_path, "suite", *PARTS) > 50


def test_crafted_input_fails_nowhere_on_postgresql(postgresql, tmp_path):
    """It refuses a NUL, numbers and dates that SQLite stores."""
    assert run_on(postgresql, tmp_path, "crafted", "pages/test_crafted_input.py") > 40


@pytest.mark.long
def test_a_fuzz_over_all_addresses_fails_nowhere_on_postgresql(postgresql, tmp_path):
    assert run_on(postgresql, tmp_path, "fuzz", "test_fuzz.py") > 5
