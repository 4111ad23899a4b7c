"""People who use the pages while processes are killed, and the journal of what they were answered."""

import random
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.demo import PLAIN
from tests.team.forms import Form, Page

PATIENT_SECONDS = 300.0  # how long a person presses the same button again while the product is away
TYPED = "a long enough sentence of {name}"


@dataclass
class Answer:
    """One answer; `status` 0: the connection was refused or broken off."""

    began: float
    ended: float
    name: str
    method: str
    path: str
    status: int
    text: str = ""


@dataclass
class Journal:
    """What all people were answered, what was accepted, and what must not have happened."""

    answers: list[Answer] = field(default_factory=list)
    accepted: dict[str, tuple[str, str]] = field(default_factory=dict)  # key of a request: person and kind
    canceled: list[str] = field(default_factory=list)  # changes of which a page said so
    zips: dict[str, str] = field(default_factory=dict)  # downloads that a person has fetched: the hash
    wrong: list[str] = field(default_factory=list)
    acts: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, began: float, name: str, method: str, path: str, status: int, text: str) -> None:
        self.answers.append(Answer(began, time.time(), name, method, path, status, text))

    def first_answers(self, killed_at: list[tuple[str, float]]) -> dict[str, list[float]]:
        """In how many seconds after each kill somebody had a page that was asked for after it."""
        seconds: dict[str, list[float]] = {}
        for what, at in killed_at:
            later = [one.ended - at for one in self.answers if one.began > at and one.status == 200]
            if later:
                seconds.setdefault(what, []).append(round(min(later), 1))
        return {what: sorted(some) for what, some in sorted(seconds.items())}

    def count(self, act: str) -> None:
        with self.lock:
            self.acts[act] = self.acts.get(act, 0) + 1


class Away(Exception):
    """The product did not answer for longer than this person waits."""


class Person:
    """Somebody with a browser. `hidden`: words that no page may show them."""

    def __init__(self, name: str, url: str, journal: Journal, seed: str, hidden: tuple[str, ...] = ()) -> None:
        self.name, self.journal, self.hidden = name, journal, hidden
        self.password = TYPED.format(name=name)
        self.chance = random.Random(f"{seed} {name}")
        self.over = threading.Event()
        self.signed_in = False
        timeout = httpx.Timeout(180, connect=30)
        self.http = httpx.Client(base_url=url, trust_env=False, verify=PLAIN, timeout=timeout)

    def close(self) -> None:
        self.http.close()

    def request(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request; raises httpx.TransportError when there is no answer."""
        began, status, text = time.time(), 0, ""
        try:
            answer = self.http.request(method, path, **more)
            status = answer.status_code
            kind = answer.headers.get("Content-Type", "")
            text = answer.text if kind.startswith("text/") else ""
        except httpx.TransportError as error:
            text = repr(error)
            raise
        finally:
            self.journal.note(began, self.name, method, path, status, text if status in (0, 500) else "")
        for word in self.hidden:
            if word in text:
                self.journal.wrong.append(f"{self.name} saw {word!r} at {method} {path}")
        return answer

    def until_answered(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask again while the product or its database is away, as a person presses the button again."""
        patience = time.monotonic() + PATIENT_SECONDS
        while True:
            try:
                answer = self.request(method, path, **more)
                if answer.status_code not in (500, 502, 503):
                    return answer
            except httpx.TransportError:
                pass
            if time.monotonic() > patience:
                raise Away(f"{self.name}: {method} {path}")
            time.sleep(self.chance.uniform(0.3, 1.5))

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A page, after signing in if need be. Redirects within the product are followed."""
        for _attempt in range(8):
            answer = self.until_answered("GET", path, **more)
            if answer.status_code not in (301, 302, 303):
                return answer
            path, more = self.followed(answer), {}
        raise AssertionError(f"{self.name}: {path} leads in circles")

    def followed(self, answer: httpx.Response) -> str:
        to = urlsplit(answer.headers["Location"])
        if to.path == "/sign-in/":
            if self.signed_in:
                self.journal.wrong.append(f"{self.name} was signed out without asking for it ({answer.request.url})")
            self.sign_in()
            return "/endpoints/"
        return f"{to.path}?{to.query}" if to.query else to.path

    def sign_in(self) -> None:
        self.signed_in = False
        self.http.cookies.clear()
        for _attempt in range(5):
            page = Page(self.until_answered("GET", "/sign-in/").text)
            values: dict[str, Any] = {"username": self.name, "password": self.password}
            answer = self.send(page.with_field("password"), "/sign-in/", **values)
            if answer.status_code == 302:
                self.signed_in = True
                return
        self.journal.wrong.append(f"{self.name} could not sign in: {answer.status_code} {answer.text[-2000:]}")

    def page(self, path: str) -> Page:
        return Page(self.get(path).text)

    def send(self, form: Form, path: str, twice: bool = False, **typed: Any) -> httpx.Response:
        """Send a form, without following where that leads; `twice`: at the same moment from two tabs."""
        values = {name: list(value) for name, value in form.values.items()}
        for name, value in typed.items():
            values[name] = value if isinstance(value, list) else [value]
        path = form.action or path
        headers = {"Referer": f"{self.http.base_url}{path.lstrip('/')}"}

        def ask() -> httpx.Response:
            return self.until_answered("POST", path, data=values, headers=headers)

        if not twice:
            return ask()
        found: list[httpx.Response] = []

        def second() -> None:
            with suppress(Away):
                found.append(ask())

        other = threading.Thread(target=second)
        other.start()
        try:
            answer = ask()
        finally:
            other.join()
        if found and found[0].status_code != answer.status_code:
            self.journal.wrong.append(
                f"{self.name} pressed {path} twice: {answer.status_code} and {found[0].status_code}"
            )
        return answer

    def refused(self, path: str, method: str = "GET") -> None:
        """What this person may not do."""
        answer = self.until_answered(method, path)
        if answer.status_code == 302 and "/sign-in/" in answer.headers["Location"]:
            self.followed(answer)
            return
        if answer.status_code not in (403, 404):
            self.journal.wrong.append(f"{self.name} got {answer.status_code} at {path}")

    def endpoints(self) -> list[str]:
        """The ids of the endpoints in the list."""
        return re.findall(r'<tr id="endpoint-([0-9a-f-]{36})"', self.get("/endpoints/").text)

    def some_endpoint(self) -> str | None:
        found = self.endpoints()
        return self.chance.choice(found) if found else None
