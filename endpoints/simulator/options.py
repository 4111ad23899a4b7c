"""The options of a world and the switches, with their defaults, and the command line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from .versions import ServedVersion

Count = Annotated[int, Meta(ge=0)]
Amount = Annotated[float, Meta(ge=0)]


class Switches(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Behavior that the contract does not define; README.md says what each value means."""

    update_while_running: Literal["refuse", "accept"] = "refuse"
    redeploy: Literal["running", "old", "new", "back"] = "running"
    quota_status: Literal[403, 409, 429] = 409
    logs_without_logging: Literal["empty", "refuse"] = "empty"
    delete_missing_endpoint: Literal[204, 404] = 404
    patch_logging_enabled: Literal["ignore", "apply"] = "ignore"
    patch_custom_properties: Literal["merge", "replace"] = "merge"
    project_locale: Literal["any", "same"] = "any"
    page_size: Annotated[int, Meta(ge=1)] = 100
    log_delete_seconds: Amount = 60
    hook_event_names: Literal["pascal", "camel", "lower"] = "pascal"
    hook_attempts: Annotated[int, Meta(ge=1, le=100)] = 5
    hook_retry_seconds: Amount = 1
    hook_timeout_seconds: Annotated[float, Meta(gt=0, le=60)] = 5
    hook_failures: Annotated[int, Meta(ge=1)] = 3
    byos: Literal["off", "on"] = "off"
    model_without_data: Literal["refuse", "accept"] = "refuse"
    retired: tuple[ServedVersion, ...] = ()
    retired_answer: Literal["410", "404", "error"] = "410"
    unknown_cid: Literal["refuse", "base"] = "refuse"


class Options(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a world; a reset can override each of them."""

    world: Literal["demo", "empty"] = "demo"
    endpoints: Count = 0
    models: Count = 9
    projects: Count = 2
    logs: Count = 0
    log_bytes: Annotated[int, Meta(ge=46)] = 64_000
    logs_from: str | None = None
    deploy_seconds: Amount = 20
    latency_ms: Amount = 0
    rate_limit: Annotated[str, Meta(pattern=r"^\d+/\d+(\.\d+)?$")] = "100/10"
    tier: Literal["F0", "S0"] = "S0"
    quota: Count = 0
    seed: int = 1
    dialects: bool = False
    switches: Switches = Switches()

    @property
    def rate(self) -> tuple[int, float]:
        """The rate limit as (requests, seconds); no limit if either is 0."""
        requests, seconds = self.rate_limit.split("/")
        return int(requests), float(seconds)

    @property
    def endpoint_quota(self) -> int:
        """The maximum number of endpoints ("Speech service quotas and limits")."""
        return self.quota or (50 if self.tier == "S0" else 1)

    def with_overrides(self, overrides: dict[str, Any]) -> Options:
        """These options with some replaced; raises msgspec.ValidationError for an unknown name or invalid value."""
        plain = msgspec.to_builtins(self)
        switches = plain["switches"] | (overrides.get("switches") or {})
        if isinstance(switches["retired"], str):
            switches["retired"] = [name for name in switches["retired"].split(",") if name]
        return msgspec.convert(plain | overrides | {"switches": switches}, Options, strict=False)


HELP = {
    "world": "demo or empty (no projects, no custom models; base models are always there)",
    "endpoints": "how many endpoints there are from the start",
    "models": "how many custom models",
    "projects": "how many projects",
    "logs": "pairs of log files for each logging endpoint",
    "log_bytes": "about how large each audio log is",
    "logs_from": "a directory of real recordings (*.wav, with .txt or .json beside them) to use as logs",
    "deploy_seconds": "how long a deployment takes",
    "latency_ms": "how long each answer takes",
    "rate_limit": "requests/seconds for each key; 0/0 switches it off",
    "tier": "F0 or S0",
    "quota": "how many endpoints there can be; 0 for as many as the tier has",
    "seed": "the same seed gives the same world",
}


class CommandLine(Struct, frozen=True, kw_only=True):
    """A parsed command line."""

    port: int
    content_port: int
    key: str | None
    second_key: str | None
    control: bool
    state: str | None
    options: Options


def _switches(pairs: Sequence[str]) -> dict[str, str]:
    parts = [pair.partition("=") for pair in pairs]
    return {name.replace("-", "_"): value for name, _, value in parts}


def parse(arguments: Sequence[str] | None = None) -> CommandLine:
    """Parse the command line; if it is invalid, argparse prints why and exits with code 2."""
    parser = argparse.ArgumentParser(prog="python -m endpoints.simulator", description="Speech to text API, simulated.")
    parser.add_argument("--port", type=int, default=0, help="of the API; 0 takes a free one (default 0)")
    parser.add_argument("--content-port", type=int, default=0, help="of the log files; 0 takes a free one (default 0)")
    parser.add_argument("--key", help="the subscription key to ask for; a random one when left out")
    parser.add_argument(
        "--second-key", help="the other key of the resource, which works too; a random one when left out"
    )
    parser.add_argument("--control", action="store_true", help="answer under /_world/")
    parser.add_argument("--dialects", action="store_true", help="each model hears with words of its own")
    parser.add_argument("--state", metavar="FILE", help="keep the world in this file")
    parser.add_argument("--switch", action="append", default=[], metavar="NAME=VALUE", help="see README.md")
    defaults = Options()
    for name, text in HELP.items():
        default = getattr(defaults, name)
        parser.add_argument(f"--{name.replace('_', '-')}", default=None, help=f"{text} (default {default})")
    given = parser.parse_args(arguments)
    overrides = {name: value for name in HELP if (value := getattr(given, name)) is not None}
    if given.dialects:
        overrides["dialects"] = True
    try:
        options = defaults.with_overrides(overrides | {"switches": _switches(given.switch)})
    except msgspec.ValidationError as error:
        parser.error(str(error))
    return CommandLine(
        port=given.port,
        content_port=given.content_port,
        key=given.key,
        second_key=given.second_key,
        control=given.control,
        state=given.state,
        options=options,
    )
