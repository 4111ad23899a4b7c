"""The scanner wapiti, signed in as admin, attacks the demo for a bounded time."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from tests.demo import Demo
from tests.processes import servers
from tests.processes.person import signed_in

LOCK = Path(__file__).with_name("wapiti.txt")  # uv pip compile of wapiti3
MODULES = (
    *(
        "xss",
        "permanentxss",
        "sql",
        "exec",
        "file",
        "redirect",
        "crlf",
        "ldap",
        "csrf",
        "backup",
        "methods",
        "htaccess",
    ),
    *("csp", "cookieflags", "http_headers"),
)
# What would end the session of the scanner, or is no page of ours.
LEFT_OUT = ("/sign-out/*", "/sign-in/*", "/settings/*", "/people/*", "/static/*", "/admin/*")
CRAWL_SECONDS, ATTACK_SECONDS = 240, 60  # of each module
# What is found and isn't a mistake, by its kind and a part of its sentence: the demo has no HTTPS.
JUDGED = {"Secure Flag cookie": "Secure flag is not set"}


@pytest.fixture(scope="module")
def wapiti():
    """The program, in an environment of its own that is kept from run to run."""
    there = Path(sys.prefix) / "scanners" / hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    if not there.exists():
        there.parent.mkdir(exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=there.parent))
        venv.create(made, with_pip=True)
        command = [
            str(made / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "-q",
            "--require-hashes",
            "--no-deps",
            "-r",
            str(LOCK),
        ]
        if subprocess.run(command, capture_output=True).returncode:
            shutil.rmtree(made)
            pytest.skip("pip cannot install wapiti")
        made.rename(there)
    # By the interpreter, because scripts name the directory in which they were installed.
    return [str(there / "bin" / "python"), str(there / "bin" / "wapiti")]


@pytest.fixture
def demo(tmp_path):
    demo = Demo(tmp_path / "demo", "--endpoints", "3", "--logs", "2")
    try:
        yield demo.wait()
    finally:
        servers.tear_down(demo)


@pytest.mark.long
def test_wapiti_finds_nothing(demo, wapiti, tmp_path):
    report = tmp_path / "report.json"
    with signed_in(demo.url, "admin", "demo") as admin:
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in admin.cookies.jar)
    command = [*wapiti, "-u", f"{demo.url}/endpoints/", "--scope", "domain", "-m", ",".join(MODULES)]
    command += ["-C", cookies]
    command += [word for path in LEFT_OUT for word in ("-x", f"{demo.url}{path}")]
    command += ["-d", "3", "--max-links-per-page", "20", "--max-parameters", "15", "--flush-session", "--no-bugreport"]
    command += ["--max-scan-time", str(CRAWL_SECONDS), "--max-attack-time", str(ATTACK_SECONDS), "-v", "0"]
    command += ["--store-session", str(tmp_path), "--store-config", str(tmp_path), "-f", "json", "-o", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text())
    assert found["infos"]["crawled_pages_nbr"] > 30
    problems = [
        (kind, one["method"], one["path"], one["info"])
        for group in ("vulnerabilities", "anomalies")
        for kind, ones in found[group].items()
        for one in ones
        if not (kind in JUDGED and JUDGED[kind] in one["info"])
    ]
    assert problems == []
