"""To whom the command line talks, with what, and what it says when that fails."""

import json
import re
import subprocess
import sys

import pytest

from tests.command_line.conftest import interrupt, pythons
from tests.demo import until
from tests.processes import certificates
from tests.receiver import Answer, as_json, receiving

TOKEN = "speech_a-token-that-nobody-sees"
NOTHING = {"items": [], "next_cursor": None}
ENDPOINT = "6b8b1f0e-4a60-4a6f-9d3e-0e1f6f9a7c11"


def listed(**facts):
    """An endpoint as a list of the API has it."""
    usual = {"name": "Voicemail", "model": None, "locale": "en-US", "status": "Succeeded", "status_text": "Succeeded"}
    return {**usual, "expires_at": None, "logging": False, "resource": {"id": "1", "name": "Contoso"}, **facts}


@pytest.fixture
def cli(alone):
    alone.token = TOKEN
    return alone


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_token_does_not_follow_a_redirect_to_another_server(cli, status):
    with receiving(lambda _got: as_json(NOTHING)) as other:
        target = f"{other.url}/api/v1/endpoints"
        with receiving(lambda _got: Answer(status, {"Location": target}, b"")) as server:
            cli.url = server.url
            done = cli("list")
    assert other.got == []
    assert done.code == 1
    assert done.err.startswith(f"The server redirects to {target}, which was not followed.")


def test_a_redirect_on_the_same_server_is_followed_when_nothing_is_requested(cli):
    def answer(got):
        return as_json(NOTHING) if got.target.startswith("/moved") else Answer(302, {"Location": "/moved"}, b"")

    with receiving(answer) as server:
        cli.url = server.url
        assert cli("list").code == 0
        assert server.got[-1].headers["Authorization"] == f"Bearer {TOKEN}"


def test_the_next_page_is_asked_for_at_the_same_server(cli):
    def answer(got):
        more = "a cursor" if "cursor" not in got.target else None
        return as_json({"items": [], "next_cursor": more, "next": "http://elsewhere.invalid/"})

    with receiving(answer) as server:
        cli.url = server.url
        assert cli("list").code == 0
        assert [one.target for one in server.got] == [
            "/api/v1/endpoints?limit=200",
            "/api/v1/endpoints?limit=200&cursor=a%20cursor",
        ]


@pytest.mark.parametrize("json_too", [(), ("--json",)])
def test_the_token_is_not_printed_whoever_sends_it_back(cli, json_too):
    problem = {"type": "/api/problems/not-now", "title": "No", "detail": f"Bearer {TOKEN} \x1b[31m is\nnot good"}
    with receiving(lambda _got: as_json(problem, 409, "application/problem+json")) as server:
        cli.url = server.url
        done = cli("list", *json_too)
    assert done.code == 1
    assert TOKEN not in done.out + done.err
    assert "\x1b" not in done.out + done.err
    assert done.err == "Bearer [token] \\u001b[31m is\\nnot good\n"


def test_what_a_pipeline_takes_for_a_command_is_not_printed_as_one(cli):
    entry = listed(name="::error::x", status_text="##vso[task.setvariable]x", resource={"id": "1", "name": "##[x]"})
    with receiving(lambda _got: as_json({"items": [entry], "next_cursor": None})) as server:
        cli.url = server.url
        shown, whole = cli("list"), cli("list", "--json")
    assert not [line for line in shown.out.splitlines() if line.startswith("::") or "##" in line]
    assert "##" not in whole.out
    assert whole.json["items"] == [entry]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://studio.example.com", "http://studio.example.com would send the token in clear text."),
        ("http://127.0.0.1.example.com", "would send the token in clear text."),
        ("ftp://studio.example.com", "is not the address of a server."),
        ("studio.example.com", "is not the address of a server."),
        ("https://somebody:secret@studio.example.com", "contains a user or a password."),
        ("https://studio.example.com/?a=b", "is not the address of a server."),
        ("https://[studio", "is not the address of a server."),
        (None, "No server is named."),
    ],
)
def test_an_address_that_is_wrong_is_said_before_anything_is_sent(cli, url, says):
    cli.url = url
    done = cli("list")
    assert done.code == 2
    assert says in done.err
    assert "somebody:secret" not in done.err


def test_clear_text_to_another_machine_has_to_be_accepted_and_goes_by_the_proxy(cli):
    with receiving(lambda _got: as_json(NOTHING)) as proxy:
        cli.url = "http://studio.example.com"
        done = cli("list", "--insecure-http", http_proxy=proxy.url)
    assert done.code == 0, done
    assert proxy.got[0].target == "http://studio.example.com/api/v1/endpoints?limit=200"


def test_no_proxy_sees_what_goes_to_this_machine(cli):
    with receiving(lambda _got: as_json(NOTHING)) as proxy, receiving(lambda _got: as_json(NOTHING)) as server:
        cli.url = server.url
        assert cli("list", http_proxy=proxy.url).code == 0
    assert proxy.got == []


def test_a_certificate_authority_of_ones_own_is_named_by_an_option_or_a_variable(cli, tmp_path):
    files = certificates.made_in(tmp_path)
    with receiving(lambda _got: as_json(NOTHING), tls=files) as server:
        cli.url = server.url
        assert cli("list", "--ca-file", files.authority).code == 0
        assert cli("list", SSL_CERT_FILE=files.authority).code == 0
        done = cli("list")
        assert done.code == 5
        assert done.err.startswith(f"The certificate of {server.url} is not trusted: ")
        assert "--ca-file" in done.err


def test_a_server_that_is_not_there_ends_with_5(cli):
    done = cli("list")
    assert done.code == 5
    assert done.err.splitlines()[-1].startswith("http://127.0.0.1:9 is not reachable: Connection refused.")


def test_a_token_that_others_can_read_is_refused(cli, tmp_path):
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    cli.token = None
    with receiving(lambda _got: as_json(NOTHING)) as server:
        cli.url = server.url
        file.chmod(0o640)
        done = cli("list", "--token-file", str(file))
        assert done.code == 2
        assert done.err == f"Others may read the token in {file} (mode 0640). Run: chmod 600 {file}\n"
        assert server.got == []
        file.chmod(0o600)
        assert cli("list", "--token-file", str(file)).code == 0
        assert cli("list", SPEECHSTUDIO_TOKEN_FILE=str(file)).code == 0
        assert cli("list", "--token-file", "-", text=f"{TOKEN}\n").code == 0
        (tmp_path / ".config" / "speechstudio").mkdir(parents=True)
        file.rename(tmp_path / ".config" / "speechstudio" / "token")
        assert cli("list").code == 0
        assert {one.headers["Authorization"] for one in server.got} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize("token", [None, "", "two words of it", "short", "line\nbreaks-in-it"])
def test_without_a_token_nothing_is_sent(cli, token):
    cli.token = token
    assert cli("list").code == 2


def test_a_server_that_is_away_for_a_moment_is_asked_again(cli):
    answers = iter([Answer(503, {"Retry-After": "1"}, b""), None, Answer(502, {}, b"<html>"), as_json(NOTHING)])
    with receiving(lambda _got: next(answers)) as server:
        cli.url = server.url
        done = cli("list")
        assert (done.code, len(server.got)) == (0, 4)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(500, {}, b""), "The server refused the request (status 500)."),
        (Answer(401, {}, b""), "The server does not accept the token."),
        (Answer(404, {}, b"<html>"), "has no such page."),
        (Answer(200, {"Content-Type": "text/html"}, b"<html>"), "The answer of the server is not JSON."),
        (Answer(200, {"Content-Type": "application/json"}, b"{"), "The answer of the server is not JSON."),
        (Answer(200, {"Content-Type": "application/json"}, b""), "The answer of the server is not JSON."),
        (Answer(200, {"Content-Type": "application/json"}, b"[" * 100_000), "The answer of the server is not JSON."),
        (as_json([]), "The answer of the server is not JSON."),
        (as_json({}), "The answer of the server cannot be read: it has no items."),
        (as_json({"items": "none"}), "The answer of the server cannot be read: it is no list."),
        (as_json({"items": [1]}), "The answer of the server cannot be read: it is no list."),
        (as_json({"items": [{"name": "Voicemail"}]}), "The answer of the server cannot be read: it has no model."),
    ],
)
def test_an_answer_that_is_no_answer_ends_with_1(cli, answer, says):
    with receiving(lambda _got: answer) as server:
        cli.url = server.url
        done = cli("list")
    assert done.code == 1, done
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_a_request_that_was_interrupted_says_how_to_send_it_once(cli):
    def answer(got):
        if got.method == "POST":
            return None
        if "/models" in got.target:
            model = {"id": ENDPOINT, "name": "2026", "deployable": True, "locale": "en-US"}
            return as_json({"items": [{**model, "resource": {"id": ENDPOINT, "name": "Contoso"}}], "next_cursor": None})
        return as_json(NOTHING)

    with receiving(answer) as server:
        cli.url = server.url
        with cli.start("deploy", "New", "2026") as process:
            until(lambda: len(server.posts) > 1)
            interrupt(process)
            says = process.stderr.read()
        keys = {one.headers["Idempotency-Key"] for one in server.posts}
    assert process.returncode == 130
    (key,) = keys
    assert f"The same command with --key {key} carries it out once" in says


def test_an_answer_that_breaks_off_is_asked_for_again_with_the_same_key(cli):
    change = {"id": ENDPOINT, "open": False, "state": "done", "endpoint_name": "New", "model_name": "2026", "error": ""}
    change.update(kind="create", state_text="Done", scheduled_for=None)
    whole = as_json(change)
    length = {"Content-Length": str(len(whole.body))}
    broken = [whole._replace(headers=whole.headers | length, body=whole.body[:20]), whole]

    def answer(got):
        model = listed(name="2026", id=ENDPOINT, deployable=True)
        return broken.pop(0) if got.method == "POST" else as_json({"items": [model], "next_cursor": None})

    with receiving(answer) as server:
        cli.url = server.url
        done = cli("deploy", "New", "2026")
        keys = [one.headers["Idempotency-Key"] for one in server.posts]
    assert (done.code, done.out) == (0, "New: deployment of 2026 done\n")
    assert (len(keys), len(set(keys))) == (2, 1)


def test_an_interrupt_before_anything_was_requested_says_so(cli):
    with receiving(lambda _got: Answer(503, {"Retry-After": "30"}, b"")) as server:
        cli.url = server.url
        with cli.start("list") as process:
            until(lambda: server.got)
            interrupt(process)
            says = process.stderr.read()
    assert (process.returncode, says) == (130, "Interrupted. Nothing was requested.\n")


def test_an_interrupt_is_an_error_in_json_too(cli):
    with receiving(lambda _got: Answer(503, {"Retry-After": "30"}, b"")) as server:
        cli.url = server.url
        with cli.start("--json", "list") as process:
            until(lambda: server.got)
            interrupt(process)
            out, _says = process.communicate()
    assert json.loads(out)["error"]["exit"] == 130


@pytest.mark.parametrize("arguments", [("list",), ("list", "--json"), ("--help",), ()])
def test_a_full_disk_is_said(cli, arguments):
    answer = as_json({"items": [listed()], "next_cursor": None})
    with receiving(lambda _got: answer) as server, open("/dev/full", "w") as full:
        env = {"SPEECHSTUDIO_URL": server.url, "SPEECHSTUDIO_TOKEN": TOKEN, "HOME": str(cli.home)}
        command = [sys.executable, "-I", str(cli.file), *arguments]
        done = subprocess.run(command, env=env, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written: No space left on device.\n")


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
@pytest.mark.parametrize("minor", pythons())
def test_names_of_all_scripts_are_printed_on_a_console_of_any_encoding(cli, encoding, minor):
    """As on Windows, where a console often has 255 letters."""
    entry = listed(name="Anrufe \u00e9 \u4f60\u597d \u202e\u05d0\n::error::x " + "n" * 200)
    with receiving(lambda _got: as_json({"items": [entry], "next_cursor": None})) as server:
        env = {"SPEECHSTUDIO_URL": server.url, "SPEECHSTUDIO_TOKEN": TOKEN, "PYTHONIOENCODING": encoding}
        command = [pythons()[minor], str(cli.file)]
        done = [
            subprocess.run([*command, *more], env=env, capture_output=True) for more in (["list"], ["list", "--json"])
        ]
    assert [one.returncode for one in done] == [0, 0], done
    shown = done[0].stdout.decode(encoding)
    assert len(shown.splitlines()) == 2
    assert "\u202e" not in shown
    assert ("\u4f60" in shown) == (encoding == "utf-8")
    assert json.loads(done[1].stdout)["items"] == [entry]


def test_a_reader_that_goes_away_is_no_error(cli):
    with receiving(lambda _got: as_json({"items": [listed(name="n" * 1000)] * 500, "next_cursor": None})) as server:
        cli.url = server.url
        with cli.start("list") as process:
            process.stdout.readline()
            process.stdout.close()
            assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("lst",), "invalid choice"),
        (("change-model", "Voicemail"), "required: MODEL"),
        (("change-model", "Voicemail", "2026", "--wait", "soon"), "'soon' is not a duration; write 90s, 45m or 1h30m"),
        (("change-model", "Voicemail", "2026", "--wai", "1m"), "nrecognized arguments: --wai"),
        (("change-model", "Voicemail", "2026", "--at", "noon"), "'noon' is not a time"),
        (("go-back", "Voicemail"), "required: --reason"),
        (("wait", "17"), "'17' is not the id of a change."),
        (("plan", "-f", "missing.yaml"), "missing.yaml cannot be read: No such file or directory."),
        (("logs",), "required: COMMAND"),
        (("logs", "download", "Voicemail", "--from", "today"), "'today' is not a day"),
        (("deploy", "Voicemail", "2026", "--key", "two words"), "a key has 1 to 255"),
        (("show", "Voice\udcffmail"), "An argument is not text in the encoding of this terminal."),
        (("change-model", "Voicemail", "2026", "--at", "0001-01-01T00:00+14:00"), "is not a time"),
        (("logs", "download", "Voicemail", "-o", "-"), "A zip file is not written to standard output."),
    ],
)
def test_a_mistake_in_the_command_ends_with_2_and_one_sentence(cli, arguments, says):
    done = cli(*arguments)
    assert done.code == 2, done
    assert says in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""
    error = json.loads(cli("--json", *arguments).out)["error"]
    assert error["exit"] == 2


def test_without_a_command_the_help_is_printed(cli):
    done = cli()
    assert done.code == 2
    assert "exit codes:" in done.out
    assert re.fullmatch(r"SHA-256 [0-9a-f]{64}\n", cli("--version").out)
