"""apply against a server that a test makes up: what is requested when something is in the way."""

import json
import re
import signal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from tests.command_line.conftest import line_with
from tests.demo import until
from tests.receiver import Answer, as_json, receiving

CONTOSO = {"id": str(UUID(int=1)), "name": "Contoso"}
NEW, OLD = "20260915", "20230915"


class Studio:
    """Answers as the API does, from `endpoints` and `models`; a POST gets an open change, or what `refuse` says."""

    def __init__(self):
        self.models = [self.model(NEW), self.model(OLD, deployable=False, why_not="It expired on Sep 15, 2025.")]
        self.endpoints, self.changes, self.refuse, self.hold = [], {}, {}, ""

    def model(self, name, **facts):
        usual = {"id": str(uuid4()), "remote_id": str(uuid4()), "name": name, "locale": "en-US", "deployable": True}
        return {**usual, "resource": CONTOSO, "why_not": "", **facts}

    def endpoint(self, name, model=NEW, **facts):
        (found,) = (each for each in self.models if each["name"] == model)
        usual = {"id": str(uuid4()), "remote_id": str(uuid4()), "name": name, "locale": "en-US", "description": ""}
        usual.update(status="Succeeded", status_text="Succeeded", project=None, logging=False, open_change=None)
        usual.update(model=found, resource=CONTOSO, url="/")
        self.endpoints.append({**usual, **facts})
        return self.endpoints[-1]

    def change(self, path, body):
        parts = ["", *path.split("/")]
        pk, noun = parts[-2], parts[-1]
        name = body.get("name") or next((one["name"] for one in self.endpoints if one["id"] == pk), "")
        change = {"id": str(uuid4()), "open": True, "state": "deploying", "endpoint_name": name, "model_name": NEW}
        change.update(kind={"endpoints": "create"}.get(noun, noun), state_text="Deploying", error="", url="/")
        change.update(needs_decision=False, scheduled_for=None, requested={}, model=self.models[0])
        self.changes[change["id"]] = change
        return change

    def __call__(self, got):
        parts = urlsplit(got.target)
        path, query = parts.path.removeprefix("/api/v1/"), parse_qs(parts.query)
        if got.method == "POST":
            body = json.loads(got.body)
            if body.get("name") == self.hold:
                return None
            if body.get("name") in self.refuse:
                return as_json({"detail": self.refuse[body["name"]]}, 409, "application/problem+json")
            return as_json(self.change(path, body), 202)
        noun, _slash, pk = path.partition("/")
        if pk:
            found = {**self.changes, **{one["id"]: one for one in self.models}}.get(pk)
            return as_json(found) if found else Answer(404, {}, b"")
        rows = {"resources": [CONTOSO], "models": self.models, "endpoints": self.endpoints, "projects": []}[noun]
        if words := query.get("q"):
            rows = [one for one in rows if words[0] in one["name"]]
        if remote := query.get("remote_id"):
            rows = [one for one in rows if one["remote_id"] in remote]
        return as_json({"items": rows, "next_cursor": None})


@pytest.fixture
def studio():
    return Studio()


@pytest.fixture
def server(studio):
    with receiving(studio) as one:
        yield one


@pytest.fixture
def cli(alone, server):
    alone.url = server.url
    return alone


def file_of(*endpoints, **top):
    given = [{"name": each, "model": NEW} if isinstance(each, str) else each for each in endpoints]
    return json.dumps({"version": 1, "resource": "Contoso", "endpoints": given, **top})


def posted(server):
    return [json.loads(one.body).get("name") for one in server.posts]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_requests_nothing_more_and_says_what_goes_on(cli, studio, server, number):
    studio.hold = "second"
    (cli.home / "e.json").write_text(file_of("first", "second", "third"))
    with cli.start("apply", "-f", "e.json", "--wait", "20s") as process:
        until(lambda: "second" in posted(server))
        process.send_signal(number)
        _out, says = process.communicate(timeout=60)
    assert process.returncode == 3
    assert set(posted(server)) == {"first", "second"}
    (change,) = studio.changes
    assert f"1 open: {change}." in says
    assert "It is not known whether the server has received the request." in says
    assert "Nothing was requested" not in says


def test_ctrl_c_while_it_waits_names_what_is_still_open(cli, studio, server):
    (cli.home / "e.json").write_text(file_of("first", "second"))
    with cli.start("apply", "-f", "e.json", "--wait", "1h", "--json") as process:
        line_with(process.stderr, "first: Deploying")
        process.send_signal(signal.SIGINT)
        out, says = process.communicate(timeout=60)
    error = json.loads(out)["error"]
    assert (process.returncode, error["exit"]) == (3, 3)
    assert "2 open: " in says
    assert [step["name"] for step in error["facts"]["steps"]] == ["first", "second"]


def test_an_endpoint_is_not_deleted_because_its_resource_has_two_names(cli, studio, server):
    studio.endpoint("Orders")
    studio.endpoint("Voicemail")
    text = file_of("Orders", {"name": "Voicemail", "model": NEW, "resource": CONTOSO["id"]})
    done = cli("apply", "-f", "-", "--prune", "--reason", "Release 8", text=text)
    assert (done.code, server.posts) == (2, [])
    assert "names one Speech resource" in done.err


def test_nothing_is_deleted_while_a_new_endpoint_is_blocked_or_refused(cli, studio, server):
    studio.endpoint("Old")
    blocked = file_of("New", {"name": "Other", "model": "20990101"})
    planned = cli("plan", "-f", "-", "--prune", text=blocked)
    assert "! blocked Old (Contoso): not in the file, and deleted only when no new" in planned.out
    assert cli("apply", "-f", "-", "--prune", "--reason", "Release 8", text=blocked).code == 1
    assert posted(server) == ["New"]

    studio.refuse = {"New": "The Speech resource has no room for another endpoint."}
    done = cli("apply", "-f", "-", "--prune", "--reason", "Release 8", text=file_of("New"))
    assert done.code == 1
    assert posted(server) == ["New", "New"]
    assert "Old: Left alone: not in the file, and deleted only when no new" in done.err

    studio.refuse = {}
    studio.endpoint("Failed", status="Failed")  # is blocked for long, and takes nobody's place
    text = file_of("New", "Failed")
    assert cli("apply", "-f", "-", "--prune", "--reason", "Release 8", text=text).code == 1
    assert posted(server)[-2:] == ["New", "Old"]
    studio.endpoints.pop()
    assert cli("apply", "-f", "-", "--prune", "--reason", "Release 8", text=file_of("New")).code == 0
    assert posted(server)[-2:] == ["New", "Old"]


def test_a_model_that_has_expired_blocks_its_line(cli, server):
    done = cli("apply", "-f", "-", text=file_of({"name": "New", "model": OLD}))
    assert done.code == 1
    says = f"! blocked New (Contoso): The model {OLD} cannot be deployed: It expired on Sep 15, 2025\n"
    assert says in done.out
    assert server.posts == []


def test_a_change_to_a_model_by_its_id_is_in_progress_and_not_in_the_way(cli, studio, server):
    studio.models[1]["deployable"] = True
    there = studio.endpoint("Voicemail", model=OLD)
    change = studio.change(f"endpoints/{there['id']}/change-model", {})
    there["open_change"] = {"id": change["id"], "kind": "change-model", "state": "deploying"}
    for name in ("id", "remote_id"):
        text = file_of({"name": "Voicemail", "model": studio.models[0][name]})
        done = cli("plan", "-f", "-", text=text)
        assert (done.code, done.out) == (0, "~ in progress Voicemail (Contoso): already requested\n1 in progress.\n")


def test_what_is_as_wanted_leaves_nothing_to_do(cli, studio):
    studio.endpoint("Voicemail", description="Calls left overnight")
    text = file_of({"name": "Voicemail", "model": NEW, "description": " Calls left overnight\n"})
    done = cli("apply", "-f", "-", text=text)
    assert (done.code, done.out) == (0, "Nothing to do: 1 as wanted.\n")
    assert cli("plan", "-f", "-", "--check", text=text).code == 0
    studio.endpoint("Other")
    assert cli("plan", "-f", "-", text=text).out.endswith("\nNothing to do: 1 as wanted, 1 unmanaged.\n")
    assert cli("plan", "-f", "-", text=file_of(resource="Contoso")).out.endswith("\nNothing to do: 2 unmanaged.\n")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('  - name: "Voicemail "', "e.yaml, line 4, endpoint 1: name begins or ends with a space."),
        ("  - name: Voicemail\n    logging: true", "e.yaml, line 5, endpoint 1: 'logging' is not known."),
        ("  - name: Voicemail\n    content_logging: 1", "e.yaml, line 5, endpoint 1: content_logging must be true or"),
        ("  - name: ''", "e.yaml, line 4, endpoint 1: name is missing."),
        ("  - name: A\n    model: '1'\n  - name: B", "e.yaml, line 6, endpoint 2: model is missing."),
        ("  - name: A\n    model: '1'\n  - name: A\n    model: '2'", "e.yaml, line 6, endpoint 2: 'A' is there twice."),
        ("  - name: Voicemail\nendpoint: []", "e.yaml, line 5: 'endpoint' is not known."),
        ("  - name: yes", "e.yaml, line 4, column 11: yes is not text"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_line(cli, server, line, says):
    (cli.home / "e.yaml").write_text(f"version: 1\nresource: Contoso\nendpoints:\n{line}\n")
    done = cli("plan", "-f", "e.yaml")
    assert (done.code, server.got) == (2, [])
    assert re.sub(r"\s+", " ", done.err).startswith(says)
