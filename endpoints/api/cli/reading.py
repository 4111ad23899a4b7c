"""The commands that only read: list, show, models, wait."""

from __future__ import annotations

import argparse
import time

from endpoints.api.cli.connection import Connection, identifier
from endpoints.api.cli.finding import PAGE, Facts, endpoint_named, is_id, resource_id
from endpoints.api.cli.outcome import DONE, Usage
from endpoints.api.cli.recognition import WHO
from endpoints.api.cli.texts import day, facts_of, moment, printable, say, say_json, table
from endpoints.api.cli.waiting import follow, report, sentence

HISTORY = 5  # changes
QUALITY = {
    "worse": "worse since the model changed",
    "silent": "no speech arrives",
    "better": "better since the model changed",
    "same": "no change beyond chance",
}


def list_endpoints(connection: Connection, options: argparse.Namespace) -> int:
    query = {"q": options.search, "status": options.status, "locale": options.locale, "expiring": options.expiring}
    query.update(who=options.who, quality=options.quality, sort=options.sort, limit=PAGE)
    query.update(resource=resource_id(connection, options.resource))
    found = list(connection.pages("endpoints", **query))
    if options.json:
        say_json({"items": found})
        return DONE
    rows = [
        (
            each["name"],
            _name_of(each["model"]),
            each["locale"],
            each["status_text"],
            day(each["expires_at"]),
            "on" if each["logging"] else "off",
            _name_of(each["resource"]),
        )
        for each in found
    ]
    head = ("NAME", "MODEL", "LOCALE", "STATUS", "EXPIRES", "LOGGING", "RESOURCE")
    table(head, rows, [each["status"] for each in found], 3)
    return DONE


def list_models(connection: Connection, options: argparse.Namespace) -> int:
    query = {"q": options.search, "locale": options.locale, "kind": options.kind, "limit": PAGE}
    query.update(resource=resource_id(connection, options.resource))
    found = list(connection.pages("models", **query))
    if options.deployable:
        found = [each for each in found if each["deployable"]]
    if options.json:
        say_json({"items": found})
        return DONE
    rows = [
        (
            each["name"],
            each["locale"],
            each["kind"],
            "yes" if each["deployable"] else "no",
            day(each["expires_at"]),
            _name_of(each["resource"]),
        )
        for each in found
    ]
    table(("NAME", "LOCALE", "KIND", "DEPLOYABLE", "EXPIRES", "RESOURCE"), rows)
    return DONE


def show(connection: Connection, options: argparse.Namespace) -> int:
    endpoint = endpoint_named(connection, options.name, options.resource)
    changes = connection.get("changes", endpoint=endpoint["id"], limit=HISTORY)["items"]
    addresses = list(connection.pages("addresses", endpoint=endpoint["id"], limit=PAGE))
    if options.json:
        say_json({**endpoint, "changes": changes, "addresses": addresses})
        return DONE
    facts_of(
        [
            ("Name", endpoint["name"]),
            ("Description", endpoint["description"]),
            ("Status", endpoint["status_text"]),
            ("Model", _name_of(endpoint["model"])),
            ("Locale", endpoint["locale"]),
            ("Expires", moment(endpoint["expires_at"])),
            ("Content logging", "on" if endpoint["logging"] else "off"),
            ("Speech resource", f"{endpoint['resource']['name']} ({endpoint['region']})"),
            ("Project", _name_of(endpoint["project"])),
            ("Owner", endpoint["owner"]),
            ("Created", moment(endpoint["created_at"])),
            ("Who answers", WHO.get((endpoint["who_answers"] or {}).get("verdict", ""))),
            ("Quality", QUALITY.get(endpoint["quality"] or "")),
            ("Programs ask", ", ".join(each["name"] for each in addresses)),
            ("Endpoint ID", endpoint["remote_id"]),
            ("Address", endpoint["url"]),
        ]
    )
    if changes:
        say("Changes:")
        for change in changes:
            by = f", by {printable(change['requested_by'])}" if change["requested_by"] else ""
            say(f"  {moment(change['requested_at'])}  {sentence(change)}{by}")
    return DONE


def wait(connection: Connection, options: argparse.Namespace) -> int:
    if not is_id(options.change):
        raise Usage(f"{options.change!r} is not the id of a change.")
    change = connection.get(f"changes/{identifier(options.change.lower())}")
    ends = time.monotonic() + options.wait
    return report(follow(connection, change, ends), as_json=options.json, waited=options.wait)


def _name_of(facts: Facts | None) -> str:
    return str(facts["name"]) if facts else ""
