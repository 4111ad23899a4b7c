"""The commands that request one change: deploy, change-model, go-back."""

from __future__ import annotations

import argparse
import time

from endpoints.api.cli.connection import Connection
from endpoints.api.cli.finding import Facts, endpoint_named, model_named, project_id, resource_id
from endpoints.api.cli.outcome import DECISION, Stop
from endpoints.api.cli.texts import printable
from endpoints.api.cli.waiting import follow, left_going, report, resumed


def deploy(connection: Connection, options: argparse.Namespace) -> int:
    resource = resource_id(connection, options.resource)
    model = model_named(connection, options.model, resource=resource, locale=options.locale)
    # With a key, the server knows a request that it has carried out already.
    if not (options.same_name or options.key):
        _refuse_same_name(connection, options.name, model["resource"])
    facts = {
        "name": options.name,
        "model": model["id"],
        "description": options.description,
        "project": project_id(connection, options.project, model["resource"]["id"]) or None,
        "logging": options.content_logging,
    }
    return _request(connection, "endpoints", facts, options)


def change_model(connection: Connection, options: argparse.Namespace) -> int:
    endpoint = endpoint_named(connection, options.name, options.resource)
    model = model_named(connection, options.model, resource=endpoint["resource"]["id"], locale=endpoint["locale"])
    facts: Facts = {"model": model["id"], "reason": options.reason}
    if options.at:
        facts["at"] = options.at
    if options.replace:
        facts.update(_replaced(endpoint))
    return _request(connection, f"endpoints/{endpoint['id']}/change-model", facts, options)


def go_back(connection: Connection, options: argparse.Namespace) -> int:
    endpoint = endpoint_named(connection, options.name, options.resource)
    facts: Facts = {"reason": options.reason}
    if options.replace:
        facts.update(_replaced(endpoint))
    return _request(connection, f"endpoints/{endpoint['id']}/go-back", facts, options)


def _replaced(endpoint: Facts) -> Facts:
    return {"replaces": endpoint["open_change"]["id"]} if endpoint["open_change"] else {}


def _refuse_same_name(connection: Connection, name: str, resource: Facts) -> None:
    """The service allows several endpoints of one name, but a pipeline that runs twice wants one."""
    found = connection.pages("endpoints", q=name.strip()[:200], resource=resource["id"], limit=200)
    for each in found:
        if each["name"] == name:
            sentence = f"An endpoint named {printable(name)} exists already at {printable(each['url'])}"
            advice = "Change its model with change-model, or deploy a second one with --same-name."
            raise Stop(f"{sentence}.", advice, facts=each)


def _request(connection: Connection, path: str, facts: Facts, options: argparse.Namespace) -> int:
    ends = time.monotonic() + (options.wait or 0)
    try:
        change = connection.post(path, facts, options.key)
    except Stop as error:
        raise with_open_change(connection, error) from None
    if options.wait:
        try:
            change = follow(connection, change, ends)
        except KeyboardInterrupt:
            raise left_going(change) from None
    return report(change, as_json=options.json, waited=options.wait)


def with_open_change(connection: Connection, error: Stop) -> Stop:
    """A refusal because of another change of the endpoint says how far that one is."""
    known = error.facts if isinstance(error.facts, dict) else {}
    if not str(known.get("type", "")).endswith("/busy") or not known.get("change"):
        return error
    change = connection.get(f"changes/{known['change']}")
    if change["needs_decision"]:
        return Stop(f"{error.sentence} It needs a decision.", resumed(change), code=DECISION, facts=known)
    return Stop(
        error.sentence, f"{resumed(change)}. With --replace, a change of the model takes its place.", facts=known
    )
