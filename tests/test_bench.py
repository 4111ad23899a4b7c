"""The benchmark of the list compares pages with the same number of rows."""

import json
import subprocess
import sys

from bench.product import ROOT, environment


def test_the_pages_beside_ours_show_the_same_table(tmp_path):
    env = environment(
        VAR=tmp_path,
        HOME=tmp_path,
        SECRET_KEY="a word of the tests",
        DJANGO_SETTINGS_MODULE="bench.listing.settings",
        PYTHONPATH=ROOT,
    )
    # It ends with an error when a page of ours or a peer's does not answer with 200, or a peer's has not 50 rows.
    command = [sys.executable, "-m", "bench.listing.pages", str(tmp_path), "0", "100"]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    rows = {name: sizes["100"]["rows"] for name, sizes in found["ours"]["facts"].items()}
    assert rows["newest first"] == rows["sorted by name"] == rows["last page"] == 50
    assert rows["searched, a rare word"] == 40
    assert 0 < rows["of status Failed"] < rows["expiring within 90 days"] < 50
