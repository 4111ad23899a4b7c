"""Scores of Lighthouse for pages of the demo; skipped where its npm package cannot be installed."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from bench.figures import Goal, Row, Sample
from bench.product import Failed
from speechstudio.var import directory

PACKAGE = "lighthouse@12.8.2"
WIZARD = "/endpoints/new/"
DEVICES = {"desktop": ["--preset=desktop"], "mobile": []}  # a phone with a slow network and processor is the default
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PATIENCE_SECONDS = 120
ATTEMPTS = 3  # on a busy machine, Lighthouse can miss the beginning of a load


def measure(
    url: str, pages: dict[str, str], cookie: str, runs: int, chromium: str, say: Callable[[str], None]
) -> list[Row]:
    """Of each page, by its name and address, on each device."""
    program = installed()
    if not program:
        say(f"list: Lighthouse is left out, because npm cannot install {PACKAGE} here")
        return []
    rows = []
    with TemporaryDirectory(prefix="speechstudio-bench-") as place:
        headers = Path(place) / "headers.json"
        headers.write_text(json.dumps({"Cookie": cookie}))
        for device, (name, address) in product(DEVICES, pages.items()):
            say(f"list: Lighthouse {device}, {name}")
            marks = [run(program, url + address, device, headers, chromium) for _ in range(runs)]
            for category in CATEGORIES:
                found = [[mark[category][0]] for mark in marks]
                missed = sorted({audit for mark in marks for audit in mark[category][1]})
                detail = {"missed": missed} if missed else {}
                what = f"Lighthouse {device}, {name}: {category}"
                rows.append(Row("list", what, Sample(found, "points"), goal=Goal(at_least=100), detail=detail))
    return rows


def installed() -> str:
    """The program, installed once for each VAR."""
    place = settings.VAR / PACKAGE
    program = place / "node_modules" / ".bin" / "lighthouse"
    if not program.exists() and (npm := shutil.which("npm")):
        command = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(directory(place)), PACKAGE]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return str(program) if program.exists() and shutil.which("node") else ""


def run(program: str, address: str, device: str, headers: Path, chromium: str) -> dict[str, tuple[float, list[str]]]:
    """The score of each category, and the audits that failed."""
    report = headers.with_name("report.json")
    command = [program, address, *DEVICES[device], "--output=json", f"--output-path={report}", "--quiet"]
    command += ["--chrome-flags=--headless=new --no-sandbox --disable-gpu", f"--extra-headers={headers}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    env = {**os.environ, "CHROME_PATH": chromium}
    for _ in range(ATTEMPTS):
        report.unlink(missing_ok=True)
        subprocess.run(command, env=env, timeout=PATIENCE_SECONDS, check=False, stdout=subprocess.DEVNULL)
        found = json.loads(report.read_text()) if report.exists() else {"categories": {}}
        scores = {name: category["score"] for name, category in found["categories"].items()}
        if scores and None not in scores.values():
            return {name: (round(100 * score), missed(found, name)) for name, score in scores.items()}
    raise Failed(f"Lighthouse gave no scores of {address} in {ATTEMPTS} attempts.")


def missed(found: dict[str, Any], category: str) -> list[str]:
    refs = found["categories"][category]["auditRefs"]
    scores = {ref["id"]: found["audits"][ref["id"]]["score"] for ref in refs if ref["weight"]}
    return [audit for audit, score in scores.items() if score is not None and score < 1]
