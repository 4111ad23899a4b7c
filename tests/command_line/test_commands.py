"""People and pipelines at the command line, against the product itself."""

import json
import signal
import urllib.request
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.command_line.conftest import RESOURCE, line_with, pythons
from tests.demo import PLAIN
from tests.receiver import Answer, receiving


def losing(url, count):
    """Passes requests on to `url`, and loses the answers of the first `count` POSTs."""
    left = [count]

    def answer(got):
        kept = {name: value for name, value in got.headers.items() if name not in ("Connection", "Accept-Encoding")}
        found = httpx.request(
            got.method, f"{url}{got.target}", content=got.body, headers=kept, verify=PLAIN, timeout=60
        )
        if got.method == "POST" and left[0]:
            left[0] -= 1
            return None
        return Answer(found.status_code, {"Content-Type": found.headers["Content-Type"]}, found.content)

    return answer


def later(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_the_server_has_the_file_for_everybody(cli, file):
    with urllib.request.urlopen(f"{cli.url}/cli") as answer:
        assert answer.read() == file.read_bytes()
        assert answer.headers["Content-Type"] == "text/x-python; charset=utf-8"


@pytest.mark.parametrize("minor", pythons())
def test_each_python_at_hand_lists_endpoints(cli, deployed, minor):
    python = pythons()[minor]
    done = cli("list", "--search", deployed, python=python)
    assert done.code == 0, done
    head, row = done.out.splitlines()
    assert head.split() == ["NAME", "MODEL", "LOCALE", "STATUS", "EXPIRES", "LOGGING", "RESOURCE"]
    assert row.index("20250915") == head.index("MODEL")
    assert row[head.index("STATUS") :].startswith("Succeeded")
    assert "\x1b" not in done.out
    found = cli("--json", "list", "--search", deployed, python=python).json["items"]
    assert [(one["name"], one["logging"]) for one in found] == [(deployed, True)]


@pytest.mark.parametrize("odd", ["--- {}", '{}: 50% of "a/b" & #1?', "Größe {} 音声", " ' {}"])
def test_an_endpoint_is_found_by_whatever_name_it_has(cli, name, odd):
    odd = odd.format(name).strip()
    done = cli("deploy", "--locale", "en-US", "--json", "--", odd, "20250915")
    assert done.code == 0, done
    shown = cli("show", "--json", "--", odd)
    assert shown.code == 0, shown
    assert shown.json["id"] == done.json["endpoint"]["id"]


def test_an_endpoint_is_shown_with_its_history(cli, deployed):
    done = cli("show", deployed)
    assert done.code == 0
    assert f"Name:             {deployed}\n" in done.out
    assert "deployment of 20250915 done, by admin" in done.out
    assert cli("show", cli("show", deployed, "--json").json["id"]).out == done.out


def test_who_answers_and_quality_are_shown_and_filtered_by(cli, deployed, address_for, database):
    (pk,) = database.execute("select id from endpoints_endpoint where display_name = ?", [deployed]).fetchone()
    done = cli("who-answers", deployed)
    assert (done.code, done.err) == (1, "This endpoint has no probe.\n")
    address = address_for(f"who-{deployed.rpartition(' ')[2]}", deployed)["name"]
    database.execute(
        "insert into endpoints_quality (endpoint_id, verdict, entries_since, silent_days, updated_at) "
        "values (?, 'worse', 100, 0, current_timestamp)",
        [pk],
    )
    database.commit()
    shown = cli("show", deployed).out
    assert "Quality:          worse since the model changed\n" in shown
    assert f"Programs ask:     {address}\n" in shown
    assert "Who answers" not in shown
    found = cli("list", "--quality", "worse", "--who", "none", "--search", deployed, "--json").json["items"]
    assert [one["name"] for one in found] == [deployed]
    assert cli("list", "--who", "base", "--search", deployed, "--json").json["items"] == []


def test_a_model_is_changed_and_changed_back(cli, deployed):
    done = cli("change-model", deployed, "20260915", "--reason", "Release 7", "--wait", "10m", "--json")
    assert done.code == 0, done
    assert (done.json["state"], done.json["model_name"], done.json["reason"]) == ("done", "20260915", "Release 7")
    done = cli("go-back", deployed, "--reason", "Worse", "--wait", "10m")
    assert done.code == 0, done
    assert done.out == f"{deployed}: change of the model to 20250915 done\n"


def test_a_request_without_a_wait_is_done_when_it_is_accepted(cli, deployed):
    done = cli("change-model", deployed, "20260915", "--at", later(3600))
    assert (done.code, done.err) == (0, "")
    assert "requested, starts on" in done.out
    assert "Address: http" in done.out


def test_a_change_that_is_still_going_can_be_waited_for_again(cli, deployed):
    going = cli("change-model", deployed, "20260915", "--at", later(4), "--wait", "1s", "--json")
    assert going.code == 3
    assert "Still going after 1 s" in going.err or going.json["open"]
    done = cli("wait", going.json["id"], "--wait", "10m")
    assert done.code == 0, done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_the_change_and_prints_its_address(cli, deployed, number):
    with cli.start("change-model", deployed, "20260915", "--at", later(3600), "--wait", "1h") as process:
        line_with(process.stderr, deployed)
        process.send_signal(number)
        rest = process.stderr.read()
    assert process.returncode == 3
    shown = cli("show", deployed, "--json").json
    assert "The change goes on without this command." in rest
    assert shown["url"] in rest
    assert f"speechstudio wait {shown['open_change']['id']}" in rest


def test_a_change_that_needs_a_decision_ends_with_4(cli, deployed, database):
    change = cli("change-model", deployed, "20260915", "--at", later(3600), "--json").json["id"]
    with database:
        facts = ("undecided", "It is not known whether the change was made.", change.replace("-", ""))
        sql = "UPDATE endpoints_change SET state = ?, error = ?, due_at = NULL WHERE id = ?"
        assert database.execute(sql, facts).rowcount == 1
    done = cli("wait", change, "--wait", "10m")
    assert done.code == 4, done
    assert "needs a decision" in done.out
    again = cli("change-model", deployed, "20260915", "--reason", "Once more")
    assert again.code == 4, again
    plan = {"version": 1, "endpoints": [{"name": deployed, "resource": RESOURCE, "model": "20260915"}]}
    assert cli("apply", "-f", "-", text=json.dumps(plan)).code == 4


def test_a_server_that_restarts_is_waited_for(cli, deployed, web):
    cli.url = web.url
    with cli.start("change-model", deployed, "20260915", "--at", later(3), "--wait", "10m") as process:
        line_with(process.stderr, deployed)
        web.stop()
        line_with(process.stderr, "Still waiting for it.")
        web.start()
        out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert out == f"{deployed}: change of the model to 20260915 done\n"


def test_a_lost_answer_makes_nothing_twice(cli, name):
    with receiving(losing(cli.url, 2)) as proxy:
        url, cli.url = cli.url, proxy.url
        done = cli("deploy", name, "20250915", "--locale", "en-US", "--wait", "10m")
        cli.url = url
    assert done.code == 0, done
    posts = [one.headers["Idempotency-Key"] for one in proxy.posts]
    assert len(posts) == 3
    assert len(set(posts)) == 1
    assert [one["name"] for one in cli("list", "--search", name, "--json").json["items"]].count(name) == 1


def test_a_step_that_runs_again_with_its_key_does_the_same_once(cli, name):
    command = ("deploy", name, "20250915", "--locale", "en-US", "--key", f"run-7-{name.split()[-1]}", "--json")
    assert cli(*command).json["id"] == cli(*command).json["id"]
    other = cli(*command[:1], name, "20260915", *command[3:])
    assert other.code == 1
    assert "Idempotency-Key was used for another request" in other.err


def test_a_second_endpoint_of_one_name_is_not_made_by_accident(cli, deployed):
    done = cli("deploy", deployed, "20250915", "--locale", "en-US")
    assert done.code == 1
    assert "exists already" in done.err


def test_whoever_may_only_view_is_refused_in_a_sentence(cli, tokens, deployed):
    cli.token = tokens["viewer"]
    done = cli("change-model", deployed, "20260915")
    assert (done.code, done.out) == (1, "")
    assert done.err == "The token doesn't give this right. Ask an owner for the right, or use another token.\n"
    error = cli("change-model", deployed, "20260915", "--json").json["error"]
    assert (error["exit"], error["facts"]["status"]) == (1, 403)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "Nothing of this name"), "There is no endpoint named Nothing of this name"),
        (("deploy", "New", "20250915"), "There is more than one model named 20250915"),
        (("list", "--status", "green"), "status: "),
        (("list", "--resource", "Unknown"), "There is no Speech resource named Unknown"),
    ],
)
def test_a_refusal_says_what_is_wrong(cli, arguments, says):
    done = cli(*arguments)
    assert done.code == 1, done
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_content_logs_are_downloaded_whole(cli, deployed):
    done = cli("logs", "download", deployed, "-o", "logs.zip", "--purpose", "Review", "--complete")
    assert done.code == 0, done
    path = cli.home / "logs.zip"
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert "manifest.json" in archive.namelist()
    # The rest of a file that broke off, and a file that somebody else has left there.
    whole = path.read_bytes()
    for begun in (whole[:1000], b"x" * 1000, whole + b"more"):
        (cli.home / "logs.zip.part").write_bytes(begun)
        again = cli("logs", "download", deployed, "-o", "logs.zip", "--purpose", "Review", "--json")
        assert again.code == (0 if begun != b"x" * 1000 else 1), again
    assert cli("logs", "download", deployed, "-o", "logs.zip", "--purpose", "Review").code == 0
    assert path.read_bytes() == whole
    assert not (cli.home / "logs.zip.part").exists()


def test_a_file_is_planned_and_applied_and_then_nothing_is_left_to_do(cli, name):
    text = f"""
version: 1
endpoints:
  - name: {name}   # a comment
    resource: {RESOURCE}
    locale: en-US
    model: "20250915"
    description: "What callers say: kept"
    content_logging: true
"""
    (cli.home / "endpoints.yaml").write_text(text)
    planned = cli("plan", "-f", "endpoints.yaml", "--check")
    assert planned.code == 1
    assert f"+ create {name} ({RESOURCE})\n    model: 20250915\n" in planned.out
    assert cli("list", "--search", name, "--json").json["items"] == []

    done = cli("apply", "-f", "endpoints.yaml", "--wait", "10m")
    assert done.code == 0, done
    assert f"{name}: deployment of 20250915 done\n" in done.out
    assert cli("plan", "-f", "endpoints.yaml", "--check").code == 0

    (cli.home / "endpoints.yaml").write_text(text.replace("20250915", "20260915").replace(": kept", ": deleted"))
    changed = cli("plan", "-f", "endpoints.yaml", "--json")
    (step,) = (step for step in changed.json["steps"] if step["name"] == name)
    assert (changed.code, step["action"], set(step["changes"])) == (0, "change", {"model", "description"})
    done = cli("apply", "-f", "endpoints.yaml", "--reason", "Release 8", "--wait", "10m")
    assert done.code == 0, done
    shown = cli("show", name, "--json").json
    assert (shown["model"]["name"], shown["description"]) == ("20260915", "What callers say: deleted")
    assert cli("plan", "-f", "endpoints.yaml", "--check").code == 0


def test_what_a_file_does_not_name_is_unmanaged_until_it_is_pruned(cli, deployed):
    others = [one["name"] for one in cli("list", "--json").json["items"] if one["name"] != deployed]
    kept = [{"name": one["name"], "model": one["model"]["name"]} for one in cli("list", "--json").json["items"]]
    plan = {"version": 1, "resource": RESOURCE, "endpoints": [one for one in kept if one["name"] != deployed]}
    (cli.home / "endpoints.json").write_text(json.dumps(plan))
    steps = {step["name"]: step["action"] for step in cli("plan", "-f", "endpoints.json", "--json").json["steps"]}
    assert steps[deployed] == "unmanaged"
    assert set(others) <= set(steps)
    steps = cli("plan", "-f", "endpoints.json", "--prune", "--json").json["steps"]
    assert {step["name"] for step in steps if step["action"] == "delete"} == {deployed}
    refused = cli("apply", "-f", "endpoints.json", "--prune")
    assert (refused.code, "--reason" in refused.err) == (2, True)
    cli("apply", "-f", "endpoints.json", "--prune", "--reason", "No longer used", "--wait", "10m")
    assert cli("show", deployed).code == 1


def test_a_model_that_is_not_known_blocks_its_line_before_anything_is_requested(cli, name):
    plan = {"version": 1, "endpoints": [{"name": name, "resource": RESOURCE, "model": "20990101"}]}
    done = cli("plan", "-f", "-", text=json.dumps(plan))
    assert done.code == 1
    assert f"! blocked {name} ({RESOURCE}): There is no model named 20990101" in done.out
    assert cli("apply", "-f", "-", text=json.dumps(plan)).code == 1
