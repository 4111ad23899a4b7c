"""docs/asvs.md has each requirement of the standard that concerns the product, and names only tests that run."""

import hashlib
import re
import subprocess
import sys

import pytest

from tests.demo import ROOT

TABLE = (ROOT / "docs" / "asvs.md").read_text()
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| (.+) \|$", TABLE, re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py::\w+)`")
# Of ASVS 5.0: level 1, and level 2 of V6, V7, V8 and V10.
LEVEL_1 = """
1.2.1 1.2.2 1.2.3 1.2.4 1.2.5 1.3.1 1.3.2 1.5.1 2.1.1 2.2.1 2.2.2 2.3.1 3.2.1 3.2.2 3.3.1 3.4.1 3.4.2 3.5.1 3.5.2 3.5.3
4.1.1 4.4.1 5.2.1 5.2.2 5.3.1 5.3.2 6.1.1 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.3.1 6.3.2 6.4.1 6.4.2 7.2.1
7.2.2 7.2.3 7.2.4 7.4.1 7.4.2 8.1.1 8.2.1 8.2.2 8.3.1 9.1.1 9.1.2 9.1.3 9.2.1 10.4.1 10.4.2 10.4.3 10.4.4 10.4.5 11.3.1
11.3.2 11.4.1 12.1.1 12.2.1 12.2.2 13.4.1 14.2.1 14.3.1 15.1.1 15.2.1 15.3.1
"""
LEVEL_2 = """
6.1.2 6.1.3 6.2.9 6.2.10 6.2.11 6.2.12 6.3.3 6.3.4 6.4.3 6.4.4 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.6.1 6.6.2 6.6.3 6.8.1
6.8.2 6.8.3 6.8.4 7.1.1 7.1.2 7.1.3 7.3.1 7.3.2 7.4.3 7.4.4 7.4.5 7.5.1 7.5.2 7.6.1 7.6.2 8.1.2 8.2.3 8.4.1 10.1.1
10.1.2 10.2.1 10.2.2 10.3.1 10.3.2 10.3.3 10.3.4 10.4.6 10.4.7 10.4.8 10.4.9 10.4.10 10.4.11 10.5.1 10.5.2 10.5.3 10.5.4
10.5.5 10.6.1 10.6.2 10.7.1 10.7.2 10.7.3
"""


def test_each_requirement_stands_in_the_table_once_with_its_level():
    found = [(number, level) for number, level, _words, _shown in ROWS]
    assert len(found) == len(set(found))
    assert set(found) == {(number, "1") for number in LEVEL_1.split()} | {(number, "2") for number in LEVEL_2.split()}


@pytest.mark.parametrize(("number", "shown"), [(number, shown) for number, _level, _words, shown in ROWS])
def test_a_requirement_has_tests_or_says_why_not(number, shown):
    if not shown.startswith(("doesn't apply: ", "open: ")):
        assert NAMED.search(shown), number


def test_each_named_test_exists_and_runs():
    named = sorted(set(NAMED.findall(TABLE)))
    assert len(named) > 60
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, *(f"tests/{name}" for name in named)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # With addopts -q -q, pytest prints the number of each file; a test that is only for --long would be left out.
    assert "deselected" not in done.stdout


def test_time_frames_for_updates_are_documented():
    section = (ROOT / "SECURITY.md").read_text().partition("## Updates of components")[2].partition("\n## ")[0]
    days = [int(number) for number in re.findall(r"^\| [^|]+ \| (\d+) \|$", section, re.MULTILINE)]
    assert len(days) == 4
    assert days == sorted(days)
    for word in ("critical", "exploited", "high", "medium", "low", "pip-audit"):
        assert word in section


@pytest.mark.parametrize("lock", ["production.txt", "run.txt", "test.txt"])
def test_each_component_is_pinned_by_its_hash(lock):
    text = (ROOT / "speechstudio" / "locks" / lock).read_text()
    pinned = re.findall(r"^[\w.-]+==\S+(?: ;[^\\\n]+)? \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    components = re.findall(r"^[^\s#].*$", text, re.MULTILINE)
    assert len(pinned) == len(components) > 40


def test_the_audit_on_record_is_of_the_locks_as_they_are():
    pins = set()
    for lock in ("production", "run", "test"):
        text = (ROOT / "speechstudio" / "locks" / f"{lock}.txt").read_text()
        pins |= set(re.findall(r"^[\w.-]+(?:\[[^\]]*\])?==[^ ;\\]+", text, re.MULTILINE))
    assert len(pins) > 100
    digest = hashlib.sha256("\n".join(sorted(pins)).encode()).hexdigest()[:16]
    audits = re.findall(r"^\| (\d{4}-\d\d-\d\d) \| ([0-9a-f]{16}) \|", (ROOT / "SECURITY.md").read_text(), re.MULTILINE)
    assert audits[0][1] == digest, "a lock has changed: audit it, and record the audit in SECURITY.md"
