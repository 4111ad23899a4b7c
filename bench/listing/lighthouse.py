"""Scores of Lighthouse for pages of the demo; skipped where its npm package cannot be installed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from bench.figures import Goal, Row, Sample
from bench.product import LIST
from speechstudio.var import directory

PACKAGE = "lighthouse@12.8.2"
PAGES = {"list, 50 rows": LIST, "wizard": "/endpoints/new/"}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PATIENCE_SECONDS = 120


def measure(url: str, cookie: str, runs: int, chromium: str, say: Callable[[str], None]) -> list[Row]:
    program = installed()
    if not program:
        say(f"list: Lighthouse is left out, because npm cannot install {PACKAGE} here")
        return []
    rows = []
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        headers = Path(place) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie}))
        for name, address in PAGES.items():
            say(f"list: Lighthouse, {name}")
            marks = [run(program, url + address, headers, chromium) for _ in range(runs)]
            for category in CATEGORIES:
                found = [[mark[category][0]] for mark in marks]
                missed = sorted({audit for mark in marks for audit in mark[category][1]})
                detail = {"missed": missed} if missed else {}
                goal = Goal(at_least=100)
                rows.append(
                    Row(
                        "list",
                        f"Lighthouse desktop, {name}: {category}",
                        Sample(found, "points"),
                        goal=goal,
                        detail=detail,
                    )
                )
    return rows


def installed() -> str:
    """The program, installed once for each VAR."""
    place = settings.VAR / PACKAGE
    program = place / "node_modules" / ".bin" / "lighthouse"
    if not program.exists() and (npm := shutil.which("npm")):
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(directory(place)), PACKAGE]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return str(program) if program.exists() and shutil.which("node") else ""


def run(program: str, address: str, headers: Path, chromium: str) -> dict[str, tuple[float, list[str]]]:
    """The score of each category, and the audits that failed."""
    report = headers.with_name("report.json")
    command = [program, address, "--preset=desktop", "--output=json", f"--output-path={report}", "--quiet"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu", f"--extra-headers={headers}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    env = {**os.environ, "CHROME_PATH": chromium}
    subprocess.run(command, env=env, timeout=PATIENCE_SECONDS, check=True, stdout=subprocess.DEVNULL)
    found = json.loads(report.read_text())
    return {
        name: (round(category["score"] * 100), [ref["id"] for ref in category["auditRefs"] if _missed(found, ref)])
        for name, category in found["categories"].items()
    }


def _missed(found: dict[str, Any], ref: dict[str, Any]) -> bool:
    score = found["audits"][ref["id"]]["score"]
    return bool(ref["weight"]) and score is not None and score < 1
