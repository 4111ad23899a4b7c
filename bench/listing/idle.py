"""The share of a core that one web worker needs while many tabs show a list in which nothing happens."""

import os
import re
import sqlite3
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

from bench.figures import Goal, Row, Sample
from bench.listing import wire
from bench.listing.throughput import NO_CONTENT, Web
from bench.product import LIST, Failed, descendants

TABS, EVERY_SECONDS, SECONDS = 200, 10, 60
REFRESH_SECONDS = 15 * 60  # the time in words of a settled list changes so often (access.door.versions)
POLL = re.compile(r'id="endpoints"[^>]* hx-get="([^"]+)"')
TICKS = os.sysconf("SC_CLK_TCK")


def measure(env: dict[str, str], cookie: str, logs: Path, say: Callable[[str], None]) -> list[Row]:
    say(f"list: {TABS} idle tabs, {SECONDS} seconds")
    cookies = prepared(Path(env["VAR"]) / "db.sqlite3", cookie)
    web = Web(env, cookie, logs, "--workers", "1")
    try:
        return [_row(web, cookies)]
    finally:
        web.processes.stop()


def prepared(database: Path, cookie: str) -> list[str]:
    """Remove what is in progress from the list, and sign in for each tab; returns the tabs' cookies."""
    name, _, key = next(part for part in cookie.split("; ") if part.startswith("sessionid=")).partition("=")
    keys = [f"idle{number:028}" for number in range(TABS)]
    columns = "created_at, ip, last_seen_at, user_agent, data, user_id"
    signed_in = (
        "INSERT INTO django_session SELECT ?, session_data, expire_date FROM django_session WHERE session_key = ?",
        f"INSERT INTO usersessions_usersession (session_key, {columns})"  # noqa: S608 (no values in it)
        f" SELECT ?, {columns} FROM usersessions_usersession WHERE session_key = ?",
    )
    with sqlite3.connect(database) as rows:
        rows.execute("DELETE FROM endpoints_endpoint WHERE status IN ('NotStarted', 'Running')")
        for statement in signed_in:
            rows.executemany(statement, [(one, key) for one in keys])
    rows.close()
    return [f"{name}={one}" for one in keys]


def _row(web: Web, cookies: list[str]) -> Row:
    if (left := REFRESH_SECONDS - time.time() % REFRESH_SECONDS) < 2 * SECONDS:
        time.sleep(left)  # until then, all would be news
    polls = []
    for cookie in cookies:
        found = POLL.search(web.get(LIST, Cookie=cookie).text)
        if not found:
            raise Failed("The list does not poll.")
        polls.append((web.url + unescape(found[1]), {"HX_Request": "true", "HX_Target": "endpoints", "Cookie": cookie}))
    began, answers = _cpu_seconds(web), []
    start = time.monotonic()
    for number in range(TABS * SECONDS // EVERY_SECONDS):
        address, headers = polls[number % TABS]
        time.sleep(max(0, start + number * EVERY_SECONDS / TABS - time.monotonic()))
        answers.append(wire.answer(address, **headers)[0])
    idle = (_cpu_seconds(web) - began) / (time.monotonic() - start)
    began = _cpu_seconds(web)
    for address, headers in polls:
        wire.answer(re.sub("version=[^&]+", "version=old", address), **headers)
    refresh = (_cpu_seconds(web) - began) / REFRESH_SECONDS
    if answers.count(NO_CONTENT) < len(answers) - TABS:
        raise Failed("There was news while nothing happened.")
    detail = {
        "polls": len(answers),
        "without news": answers.count(NO_CONTENT),
        "of it for times in words": 100 * refresh,
    }
    what = f"1 web worker, longest table, {TABS} idle tabs: share of a core"
    return Row("list", what, Sample([[100 * (idle + refresh)]], "%"), goal=Goal(at_most=5), detail=detail)


def _cpu_seconds(web: Web) -> float:
    """Of the web server's processes, in user and system mode."""
    master = web.processes.running["web"].pid
    stats = [
        Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split() for pid in (master, *descendants(master))
    ]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS
