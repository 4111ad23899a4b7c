"""Programs that use the API with a token of their own, as pipelines do."""

import re
import time
import uuid
from typing import Any

import httpx

from tests.demo import PLAIN
from tests.team.people import Away, Person

PATIENT_SECONDS = 300.0
prefixes: dict[str, str] = {}  # FIRST or SECOND by the id of the Speech resource


class Pipeline(Person):
    """A person whose program calls the API; the person signs in once, to make the token."""

    token = ""
    program: httpx.Client | None = None

    def make_token(self) -> None:
        path = "/settings/tokens/"
        form = self.page(path).with_field("days")
        made = self.send(form, path, name="pipeline", days="30", access="all").text
        found = re.search(r"\bspeech_[\w-]{43}\b", made)
        assert found, f"no token for {self.name}"
        self.token = found[0]
        timeout = httpx.Timeout(180, connect=30)
        self.program = httpx.Client(base_url=self.http.base_url, trust_env=False, verify=PLAIN, timeout=timeout)

    def close(self) -> None:
        super().close()
        if self.program:
            self.program.close()

    def call(self, method: str, path: str, body: Any = None, key: str = "") -> httpx.Response:
        """Repeated while the product is away or tells it to wait, with the same key."""
        headers = {"Authorization": f"Bearer {self.token}"} | ({"Idempotency-Key": key} if key else {})
        patience = time.monotonic() + PATIENT_SECONDS
        while time.monotonic() < patience:
            began, status, text = time.time(), 0, ""
            try:
                answer = self.program.request(method, f"/api/v1{path}", json=body, headers=headers)
                status = answer.status_code
                text = answer.text if status == 500 else ""
                if status not in (429, 500, 502, 503):
                    return answer
            except httpx.TransportError as error:
                text = repr(error)
            finally:
                self.journal.note(began, self.name, method, path, status, text)
            time.sleep(self.chance.uniform(0.3, 1.5))
        raise Away(f"{self.name}: {method} {path}")

    def post(self, path: str, body: Any, kind: str) -> None:
        """Request a change, sometimes twice with the same key, and wait until it moves."""
        key = str(uuid.UUID(int=self.chance.getrandbits(128)))
        answers = [self.call("POST", path, body, key)]
        if self.chance.random() < 0.3:
            answers.append(self.call("POST", path, body, key))
        accepted = {answer.json()["id"] for answer in answers if answer.status_code == 202}
        if len(accepted) > 1 or (len(answers) == 2 and answers[0].status_code == 202 != answers[1].status_code):
            said = [(answer.status_code, answer.text[:200]) for answer in answers]
            self.journal.wrong.append(f"{self.name} sent {path} twice with {key}: {said}")
        for answer in answers:
            if answer.status_code not in (202, 403, 404, 409, 412, 422):
                self.journal.wrong.append(f"{self.name} got {answer.status_code} at {path}: {answer.text[:300]}")
        for pk in accepted:
            self.journal.accepted[pk] = (self.name, kind)
            shown = self.call("GET", f"/changes/{pk}?wait={self.chance.choice([0, 2, 5])}")
            if shown.status_code != 200 or shown.json()["id"] != pk:
                self.journal.wrong.append(f"{self.name} got {shown.status_code} for its change {pk}")


def _items(pipeline: Pipeline, path: str) -> list[dict[str, Any]]:
    answer = pipeline.call("GET", path)
    if answer.status_code != 200:
        pipeline.journal.wrong.append(f"{pipeline.name} got {answer.status_code} at {path}: {answer.text[:300]}")
        return []
    return answer.json()["items"]


def deploy(pipeline: Pipeline) -> None:
    models = [one for one in _items(pipeline, "/models") if one["deployable"]]
    if models:
        model = pipeline.chance.choice(models)
        prefix = prefixes[model["resource"]["id"]]
        name = f"{prefix} calls {pipeline.chance.randrange(10**9)}"
        body = {"name": name, "model": model["id"], "logging": pipeline.chance.random() < 0.5}
        pipeline.post("/endpoints", body, "create")


def change_model(pipeline: Pipeline) -> None:
    endpoints = [one for one in _items(pipeline, "/endpoints") if one["remote_id"]]
    if not endpoints:
        return
    endpoint = pipeline.chance.choice(endpoints)
    of = f"/models?resource={endpoint['resource']['id']}&locale={endpoint['locale']}"
    models = [one for one in _items(pipeline, of) if one["deployable"]]
    if models:
        body: dict[str, Any] = {"model": pipeline.chance.choice(models)["id"], "reason": "Release"}
        if endpoint["open_change"] and pipeline.chance.random() < 0.5:
            body["replaces"] = endpoint["open_change"]["id"]
        pipeline.post(f"/endpoints/{endpoint['id']}/change-model", body, "change-model")


def go_back(pipeline: Pipeline) -> None:
    endpoints = [one for one in _items(pipeline, "/endpoints") if one["remote_id"]]
    if endpoints:
        endpoint = pipeline.chance.choice(endpoints)
        pipeline.post(f"/endpoints/{endpoint['id']}/go-back", {"reason": "Worse"}, "change-model")


def edit(pipeline: Pipeline) -> None:
    endpoints = [one for one in _items(pipeline, "/endpoints") if one["remote_id"]]
    if endpoints:
        endpoint = pipeline.chance.choice(endpoints)
        body = {"description": f"Release {pipeline.chance.randrange(10**6)}"}
        pipeline.post(f"/endpoints/{endpoint['id']}/edit", body, "edit")


def everything(pipeline: Pipeline) -> None:
    """Each list, page by page."""
    path = pipeline.chance.choice(["/endpoints", "/changes", "/models", "/activity", "/resources", "/projects"])
    cursor, seen = "", set()
    while True:
        answer = pipeline.call("GET", f"{path}?limit=20{cursor}")
        if answer.status_code != 200:
            pipeline.journal.wrong.append(f"{pipeline.name} got {answer.status_code} at {path}: {answer.text[:300]}")
            return
        page = answer.json()
        seen |= {one["id"] for one in page["items"]}
        if not page["next_cursor"]:
            return
        cursor = f"&cursor={page['next_cursor']}"


PIPELINE = {deploy: 3, change_model: 5, go_back: 2, edit: 2, everything: 2}
# Only where the product has an API.
PIPELINES: dict[str, dict[Any, int]] = {"release": PIPELINE, "nightly": PIPELINE}
