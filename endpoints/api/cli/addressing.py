"""The commands about addresses: names that programs ask, and that people move to other endpoints."""

from __future__ import annotations

import argparse
import re
import time

from endpoints.api.cli.connection import Connection, identifier
from endpoints.api.cli.finding import PAGE, Facts, endpoint_named, is_id
from endpoints.api.cli.outcome import DONE, FAILED, GOING, Interrupted, Stop, Unreachable, Usage
from endpoints.api.cli.texts import colored, facts_of, in_words, moment, note, printable, say, say_json, table
from endpoints.api.cli.waiting import follow, outcome_of, report

ADDRESS_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
OF_ADDRESS = 5  # changes that are shown
MOVE_PAUSE = 2.0  # seconds between two looks at a move that waits


def list_addresses(connection: Connection, options: argparse.Namespace) -> int:
    found = list(connection.pages("addresses", locale=options.locale, limit=PAGE))
    if options.json:
        say_json({"items": found})
        return DONE
    rows = [
        (each["name"], _endpoint_of(each, "endpoint"), each["locale"], _second_of(each), _endpoint_of(each, "standby"))
        for each in found
    ]
    table(("NAME", "ENDPOINT", "LOCALE", "SHARE", "STANDBY"), rows)
    return DONE


def show_address(connection: Connection, options: argparse.Namespace) -> int:
    address = _address_named(connection, options.name)
    changes = connection.get(f"addresses/{address['name']}/changes", limit=OF_ADDRESS)["items"]
    if options.json:
        say_json({**address, "changes": changes})
        return DONE
    by_itself = ", takes over by itself" if address["stands_in"] else ""
    facts_of(
        [
            ("Name", address["name"]),
            ("Description", address["description"]),
            ("Programs ask", address["address"]),
            ("Endpoint", _endpoint_of(address, "endpoint")),
            ("Locale", address["locale"]),
            ("Share", _second_of(address)),
            ("Standby", (_endpoint_of(address, "standby") + by_itself) if address["standby"] else ""),
            ("Problem", address["trouble_text"]),
            ("Move it to", _endpoint_of(address, "proposal")),
            ("Scheduled", _asked(address["waiting"]) if address["waiting"] else ""),
            ("Moved", moment(address["moved_at"])),
            ("By", address["moved_by"]),
        ]
    )
    if changes:
        say("Changes:")
        for change in changes:
            by = f", by {printable(change['requested_by'])}" if change["requested_by"] else ""
            say(f"  {moment(change['requested_at'])}  {_asked(change)}{by}")
    return DONE


def move_address(connection: Connection, options: argparse.Namespace) -> int:
    """With --wait-for-deployment the server moves it when the deployment is done, also after this command has ended."""
    address = _address_named(connection, options.name)
    after = options.wait_for_deployment
    if after and not is_id(after):
        raise Usage(f"{after!r} is not the id of a change.")
    if after:
        change = connection.get(f"changes/{identifier(after.lower())}")
        endpoint = change["endpoint"] or {}
        if not endpoint or options.endpoint not in (endpoint["name"], endpoint["id"]):
            raise Stop(f"The change is not one of the endpoint {printable(options.endpoint)}.", "Check both.")
    else:
        endpoint = endpoint_named(connection, options.endpoint, options.resource)
    facts: Facts = {"endpoint": endpoint["id"], "reason": options.reason}
    facts.update({name: value for name, value in (("at", options.at), ("after", after.lower())) if value})
    ends = time.monotonic() + (options.wait or 0)
    moved = connection.post(f"addresses/{address['name']}/move", facts, options.key)
    if options.wait and moved["open"] and after and (code := _deployed(connection, change, options, ends)):
        return code
    if options.wait:
        moved = _until_moved(connection, moved, ends)
    return _reported(moved, options)


def move_to_standby(connection: Connection, options: argparse.Namespace) -> int:
    """While the server proposes it, which `address` shows; the right to go back is enough."""
    address = _address_named(connection, options.name)
    moved = connection.post(f"addresses/{address['name']}/move-to-standby", {"reason": options.reason}, options.key)
    return _reported(moved, options)


def share_address(connection: Connection, options: argparse.Namespace) -> int:
    address = _address_named(connection, options.name)
    facts: Facts = {"percent": options.percent, "reason": options.reason}
    if options.percent:
        facts["endpoint"] = endpoint_named(connection, options.endpoint, options.resource)["id"]
    shared = connection.post(f"addresses/{address['name']}/share", facts, options.key)
    if options.json:
        say_json(shared)
    else:
        say(f"{shared['name']}: {_second_of(shared) or 'all new sessions go to ' + _endpoint_of(shared, 'endpoint')}")
    return DONE


def _address_named(connection: Connection, name: str) -> Facts:
    if not ADDRESS_NAME.fullmatch(name):
        raise Usage(f"{name!r} is not the name of an address.", "It has lowercase letters, digits and hyphens.")
    try:
        return dict(connection.get(f"addresses/{name}"))
    except Stop as error:
        known = error.facts if isinstance(error.facts, dict) else {}
        if not str(known.get("type", "")).endswith("/not-found"):
            raise
        raise Stop(f"There is no address named {name} that the token may see.", facts=known) from None


def _deployed(connection: Connection, change: Facts, options: argparse.Namespace, ends: float) -> int:
    """Wait for the deployment; returns 0 when it is done, otherwise how the command ends."""
    change = follow(connection, change, ends)
    if code := outcome_of(change):
        report(change, as_json=options.json, waited=options.wait)
        return code
    return DONE


def _until_moved(connection: Connection, moved: Facts, ends: float) -> Facts:
    told = False
    try:
        while moved["open"] and time.monotonic() < ends:
            if not told:
                note(f"{time.strftime('%H:%M:%S')}  {moved['address']}: {_asked(moved)}")
                told = True
            time.sleep(max(0.0, min(MOVE_PAUSE, ends - time.monotonic())))
            try:
                moved = connection.get_once(f"addresses/{moved['address']}/changes/{moved['id']}")
            except Unreachable as error:
                if error.lasting:
                    raise
    except KeyboardInterrupt:
        raise Interrupted("The move goes on without this command.", _seen_by(moved), code=GOING, facts=moved) from None
    return moved


def _reported(moved: Facts, options: argparse.Namespace) -> int:
    code = GOING if moved["open"] else DONE if moved["state"] == "done" else FAILED
    if options.json:
        say_json(moved)
    else:
        say(f"{moved['address']}: {colored(_asked(moved), moved['state'])}")
    if code == GOING and not options.wait:
        return DONE
    if code == GOING:
        note(f"Still going after {in_words(options.wait)}. {_seen_by(moved)}")
    return code


def _seen_by(moved: Facts) -> str:
    return f"To see it: speechstudio address {moved['address']}"


def _asked(change: Facts) -> str:
    """One line about what was asked of an address, and how far it is."""
    what = {
        "added": f"added for {printable(change['endpoint_name'])}",
        "moved": f"move to {printable(change['endpoint_name'])}",
        "stood-in": f"moved by itself to its standby {printable(change['endpoint_name'])}",
        "shared": f"{change['share'] or 0}% of new sessions to {printable(change['endpoint_name'])}",
        "standby": f"standby {printable(change['endpoint_name'])}" if change["endpoint_name"] else "no standby",
        "described": "another description",
    }.get(change["kind"], "change")
    state, why = printable(change["state_text"]).lower(), printable(change["error"])
    if change["open"]:
        at = f" on {moment(change['scheduled_for'])}" if change["scheduled_for"] else ""
        state = f"requested, starts{at}" if at else "requested, waits for the deployment"
    return f"{what} {state}" + (f": {why}" if why else "")


def _endpoint_of(address: Facts, which: str) -> str:
    return str(address[which]["name"]) if address[which] else ""


def _second_of(address: Facts) -> str:
    return f"{address['share']}% to {printable(_endpoint_of(address, 'second'))}" if address["share"] else ""
