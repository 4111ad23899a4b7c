"""The benchmark of the list compares pages with the same number of rows; that of content logs needs no peers."""

import json
import subprocess
import sys

import pytest

from bench import logs
from bench.figures import Goal, Sample, table
from bench.product import ROOT, environment


def run(tmp_path, *arguments):
    env = environment(
        VAR=tmp_path,
        HOME=tmp_path,
        SECRET_KEY="a word of the tests",
        DJANGO_SETTINGS_MODULE="bench.listing.settings",
        PYTHONPATH=ROOT,
    )
    return subprocess.run([sys.executable, *arguments], env=env, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.long
def test_the_pages_beside_ours_show_the_same_table(tmp_path):
    # It ends with an error when a page of ours or a peer's does not answer with 200, or a peer's has not 50 rows.
    done = run(tmp_path, "-m", "bench.listing.pages", str(tmp_path), "0", "100")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    rows = {name: sizes["100"]["rows"] for name, sizes in found["ours"]["facts"].items()}
    assert rows["newest first"] == rows["sorted by name"] == rows["last page"] == 50
    assert rows["searched, a rare word"] == 40
    assert 0 < rows["of status Failed"] < rows["expiring within 90 days"] < 50


BULK = """
import django, pathlib, sys
django.setup()
from bench.listing import bulk, pages
(table,) = (pages.Table(count, home) for count, home in pages.prepare(pathlib.Path(sys.argv[1]), (1_000,)).items())
print(len(bulk.seconds(table.client, 2, lambda text: None)))
"""


@pytest.mark.long
def test_as_many_endpoints_as_one_request_can_have_are_changed_at_once_in_each_round(tmp_path):
    done = run(tmp_path, "-c", BULK, str(tmp_path))
    assert done.stdout == "2\n", done.stderr


def test_a_large_file_has_its_time_in_the_table_with_and_without_peers():
    ours, peer = Sample([[2.0], [2.0]]), Sample([[4.0], [4.0]])
    (alone,) = logs.rows_of_one_large(1 << 30, ours, {})
    assert " 2 s" in table([alone])
    assert alone.detail == {"MiB/s": 512}
    with_peers = logs.rows_of_one_large(1 << 30, ours, {"curl": peer, "wget, then sha256sum": peer})
    assert [(list(row.peers), row.goal) for row in with_peers] == [
        (["curl"], Goal(times=1.0)),
        (["wget, then sha256sum"], None),
    ]
