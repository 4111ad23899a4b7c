"""The command line: its commands, their options, and what they say with --help."""

from __future__ import annotations

import argparse
import re
from datetime import date, datetime
from typing import Any, NoReturn

from endpoints.api.cli.addressing import list_addresses, move_address, move_to_standby, share_address, show_address
from endpoints.api.cli.applying import apply, plan
from endpoints.api.cli.fetching import download_logs
from endpoints.api.cli.outcome import EXIT_CODES, Usage
from endpoints.api.cli.reading import list_endpoints, list_models, show, wait
from endpoints.api.cli.recognition import who_answers
from endpoints.api.cli.requesting import change_model, deploy, go_back
from endpoints.api.cli.texts import instant, seconds_of

ABOUT = "Deploys models and changes them with Speech Studio, waits for it, and fetches content logs."


class _ArgumentParser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message[:1].upper()}{message[1:]}.", f"See: {self.prog} --help")


def duration(text: str) -> float:
    try:
        return seconds_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration; write 90s, 45m or 1h30m") from None


def point_in_time(text: str) -> str:
    """With a zone, as the API takes it; without one, that of this machine."""
    try:
        when = datetime.fromisoformat(text) if "Z" not in text.upper() else instant(text)
        return when.astimezone().isoformat()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write 2026-12-24T18:00+01:00") from None


def percentage(text: str) -> int:
    if not re.fullmatch(r"\d{1,3}", text, re.ASCII) or int(text) > 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a percentage; write 0 to 100")
    return int(text)


def calendar_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write 2026-12-24") from None


def request_key(text: str) -> str:
    if not re.fullmatch(r"[\x21\x23-\x7e]{1,255}", text):
        raise argparse.ArgumentTypeError("a key has 1 to 255 letters, digits and signs, and no quotation mark")
    return text


def parser_of(name: str) -> argparse.ArgumentParser:
    parser = _ArgumentParser(
        prog=name,
        description=ABOUT,
        epilog=f"{EXIT_CODES}\n\nenvironment: SPEECHSTUDIO_URL, SPEECHSTUDIO_TOKEN, SPEECHSTUDIO_TOKEN_FILE, "
        "SSL_CERT_FILE, HTTPS_PROXY, NO_PROXY, NO_COLOR",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the SHA-256 of this file")
    _connection(parser, top=True)
    commands = parser.add_subparsers(metavar="COMMAND", dest="command")
    _reading(commands)
    _requesting(commands)
    _addresses(commands)
    _logs(commands)
    _files(commands)
    each = commands.add_parser("completion", help="print the completion for a shell", allow_abbrev=False)
    each.add_argument("shell", choices=("bash", "zsh"))
    return parser


def _connection(parser: argparse.ArgumentParser, *, top: bool) -> None:
    """Options of the connection: before the command or behind it, where they leave alone what stood before it."""
    default: Any = None if top else argparse.SUPPRESS
    off: Any = False if top else argparse.SUPPRESS
    group = parser.add_argument_group("connection and output")
    group.add_argument("--url", default=default, help="address of the server (SPEECHSTUDIO_URL)")
    group.add_argument(
        "--token-file", metavar="FILE", default=default, help="file of the token, of mode 0600; - for input"
    )
    group.add_argument(
        "--ca-file", metavar="FILE", default=default, help="certificate authorities instead of the system's"
    )
    group.add_argument("--insecure-http", action="store_true", default=off, help="send the token in clear text")
    group.add_argument("--json", action="store_true", default=off, help="print JSON as the API has it")


def _add(commands: Any, name: str, act: Any, about: str) -> argparse.ArgumentParser:
    each: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, allow_abbrev=False)
    each.set_defaults(act=act)
    _connection(each, top=False)
    return each


def _reading(commands: Any) -> None:
    each = _add(commands, "list", list_endpoints, "list endpoints")
    _filters(each)
    each.add_argument("--status", default="", help="such as succeeded, failed or running")
    each.add_argument("--expiring", choices=("expired", "30", "90", "365"), default="", help="within so many days")
    each.add_argument("--who", choices=("custom", "base", "cannot-tell", "not-logged", "none"), default="")
    each.add_argument("--quality", choices=("worse", "silent", "better", "same"), default="", help="of recognition")
    each.add_argument("--sort", metavar="COLUMN", default="", help="such as name or -expiration")
    each = _add(commands, "models", list_models, "list models")
    _filters(each)
    each.add_argument("--kind", choices=("base", "custom"), default="")
    each.add_argument("--deployable", action="store_true", help="only those that can be deployed")
    each = _add(commands, "show", show, "show an endpoint and its latest changes")
    _endpoint(each)
    each = _add(commands, "who-answers", who_answers, "tell whether the custom model answers, or the base model")
    _endpoint(each)
    each.add_argument("--wait", metavar="TIME", type=duration, help="check it now, and wait at most so long: 10m")
    each.add_argument("--key", type=request_key, help="of the request: with the same key it is done once")
    each = _add(commands, "wait", wait, "wait for a change that was requested before")
    each.add_argument("change", metavar="CHANGE", help="id of the change")
    each.add_argument("--wait", metavar="TIME", type=duration, default=2700.0, help="for how long (45m)")


def _requesting(commands: Any) -> None:
    each = _add(commands, "deploy", deploy, "deploy a model as a new endpoint")
    each.add_argument("name", metavar="NAME", help="name of the new endpoint")
    each.add_argument("model", metavar="MODEL", help="name or id of the model")
    each.add_argument("--resource", default="", help="name or id of the Speech resource")
    each.add_argument("--locale", default="", help="of the model, if several have its name")
    each.add_argument("--project", default="", help="name or id of a project")
    each.add_argument("--description", default="")
    each.add_argument("--content-logging", action="store_true", help="keep what callers say")
    each.add_argument("--same-name", action="store_true", help="even if an endpoint of this name exists")
    _waiting(each)
    each = _add(commands, "change-model", change_model, "deploy another model to an endpoint")
    _endpoint(each)
    each.add_argument("model", metavar="MODEL", help="name or id of the model")
    each.add_argument("--reason", default="", help="why, for the history")
    each.add_argument("--at", metavar="TIME", type=point_in_time, help="start then, such as 2026-12-24T18:00+01:00")
    each.add_argument("--replace", action="store_true", help="end an open change of the model")
    _waiting(each)
    each = _add(commands, "go-back", go_back, "deploy the model that an endpoint had before")
    _endpoint(each)
    each.add_argument("--reason", required=True, help="why, for the history")
    each.add_argument("--replace", action="store_true", help="end an open change of the model")
    _waiting(each)


def _addresses(commands: Any) -> None:
    each = _add(commands, "addresses", list_addresses, "list addresses that stay while endpoints come and go")
    each.add_argument("--locale", default="", help="such as en-US")
    each = _add(commands, "address", show_address, "show an address and its latest changes")
    each.add_argument("name", metavar="NAME", help="name of the address")
    each = _add(commands, "move-address", move_address, "let an address lead to another endpoint")
    each.add_argument("name", metavar="NAME", help="name of the address")
    _to_endpoint(each)
    each.add_argument("--at", metavar="TIME", type=point_in_time, help="move then, such as 2026-12-24T18:00+01:00")
    each.add_argument(
        "--wait-for-deployment", metavar="CHANGE", default="", help="move when this change of the endpoint is done"
    )
    _waiting(each)
    each = _add(
        commands, "move-to-standby", move_to_standby, "let an address lead to its standby, while that is proposed"
    )
    each.add_argument("name", metavar="NAME", help="name of the address")
    each.add_argument("--reason", default="", help="why, for the history")
    each.add_argument("--key", type=request_key, help="of the request: with the same key it is done once")
    each = _add(commands, "share-address", share_address, "send a share of an address's new sessions to an endpoint")
    each.add_argument("name", metavar="NAME", help="name of the address")
    _to_endpoint(each)
    each.add_argument("percent", metavar="PERCENT", type=percentage, help="0 to 100; 0 takes all back")
    each.add_argument("--key", type=request_key, help="of the request: with the same key it is done once")


def _to_endpoint(each: argparse.ArgumentParser) -> None:
    each.add_argument("endpoint", metavar="ENDPOINT", help="name or id of the endpoint")
    each.add_argument("--resource", default="", help="its Speech resource, if several endpoints have the name")
    each.add_argument("--reason", default="", help="why, for the history")


def _logs(commands: Any) -> None:
    logs = commands.add_parser("logs", help="content logs: download", allow_abbrev=False)
    each = _add(
        logs.add_subparsers(metavar="COMMAND", dest="logs_command", required=True),
        "download",
        download_logs,
        "download content logs as a zip file",
    )
    _endpoint(each)
    each.add_argument("--from", dest="begin", metavar="DAY", type=calendar_day, help="first day, in UTC")
    each.add_argument("--to", dest="end", metavar="DAY", type=calendar_day, help="last day, in UTC")
    each.add_argument("--purpose", default="", help="why they are read, for the history")
    each.add_argument("-o", "--output", metavar="FILE", default="", help="instead of the name that the server gives")
    each.add_argument("--complete", action="store_true", help="exit with 1 if files are missing in the zip file")
    each.add_argument("--wait", metavar="TIME", type=duration, default=7200.0, help="for how long (2h)")
    each.add_argument("--key", type=request_key, help=argparse.SUPPRESS)


def _files(commands: Any) -> None:
    for name, act, about in (
        ("plan", plan, "compare the endpoints with a file, and request nothing"),
        ("apply", apply, "request what makes the endpoints as a file wants them"),
    ):
        each = _add(commands, name, act, about)
        each.add_argument("-f", "--file", metavar="FILE", required=True, help="endpoints.yaml or .json; - for input")
        each.add_argument("--prune", action="store_true", help="delete the endpoints that the file does not name")
        if name == "plan":
            each.add_argument("--check", action="store_true", help="exit with 1 if something is to be done")
            continue
        each.add_argument("--reason", default="", help="why, for the history")
        each.add_argument("--wait", metavar="TIME", type=duration, help="until everything is done, at most so long")


def _filters(each: argparse.ArgumentParser) -> None:
    each.add_argument("--search", metavar="WORDS", default="", help="as in the search field of the page")
    each.add_argument("--locale", default="", help="such as en-US")
    each.add_argument("--resource", default="", help="name or id of the Speech resource")


def _endpoint(each: argparse.ArgumentParser) -> None:
    each.add_argument("name", metavar="NAME", help="name or id of the endpoint")
    each.add_argument("--resource", default="", help="its Speech resource, if several endpoints have the name")


def _waiting(each: argparse.ArgumentParser) -> None:
    each.add_argument(
        "--wait", metavar="TIME", type=duration, help="until it is done, at most so long: 90s, 45m, 1h30m"
    )
    each.add_argument("--key", type=request_key, help="of the request: with the same key it is done once")
