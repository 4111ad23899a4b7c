"""Endpoints, models and resources by the names that people type."""

from __future__ import annotations

import re
from typing import Any

from endpoints.api.cli.connection import Connection, identifier
from endpoints.api.cli.outcome import Stop
from endpoints.api.cli.texts import printable

PAGE = 200
LONGEST_SEARCH = 200  # characters of a search
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
Facts = dict[str, Any]


def is_id(text: str) -> bool:
    return UUID_TEXT.fullmatch(text) is not None


def resource_id(connection: Connection, name: str) -> str:
    """The id of a Speech resource by its name or id; empty for an empty name."""
    if not name:
        return ""
    found = [each for each in connection.pages("resources", limit=PAGE) if name in (each["name"], each["id"])]
    return str(_only(found, f"Speech resource named {name}", "Give its id instead.")["id"])


def endpoint_named(connection: Connection, name: str, resource: str = "") -> Facts:
    """The one endpoint of this name, or with this id: ours, or that of the service."""
    if is_id(name):
        found = list(connection.pages("endpoints", q=name, limit=PAGE))
        return _only(found, f"endpoint with the id {name}", "")
    query = {"q": name.strip()[:LONGEST_SEARCH], "resource": resource_id(connection, resource), "limit": PAGE}
    found = [each for each in connection.pages("endpoints", **query) if each["name"] == name]
    more = "Add --resource, or give the id instead of the name:" if not resource else "Give the id instead of the name:"
    listed = [f"{each['id']} ({printable(each['resource']['name'])})" for each in found]
    return _only(found, f"endpoint named {name}", f"{more} {', '.join(listed)}.")


def model_named(connection: Connection, name: str, *, resource: str = "", locale: str = "") -> Facts:
    """The one model of this name, or with this id. `resource`: an id."""
    query: Facts = {"resource": resource, "locale": locale, "limit": PAGE}
    if is_id(name):
        by_remote = list(connection.pages("models", remote_id=name.lower(), **query))
        if by_remote:
            return _only(by_remote, f"model with the id {name}", "Add --resource.")
        return dict(connection.get(f"models/{identifier(name.lower())}"))
    found = [
        each for each in connection.pages("models", q=name.strip()[:LONGEST_SEARCH], **query) if each["name"] == name
    ]
    found = [each for each in found if each["deployable"]] or found
    listed = [f"{each['id']} ({each['locale']}, {printable(each['resource']['name'])})" for each in found]
    where = f"model named {name}" + (f" for {locale}" if locale else "")
    return _only(found, where, f"Add --locale or --resource, or give the id instead of the name: {', '.join(listed)}.")


def project_id(connection: Connection, name: str, resource: str) -> str:
    """The id of a project of a resource by its name or id; empty for an empty name."""
    if not name:
        return ""
    projects = connection.pages("projects", limit=PAGE)
    found = [each for each in projects if name in (each["name"], each["id"]) and each["resource"]["id"] == resource]
    return str(_only(found, f"project named {name} of this Speech resource", "Give its id instead.")["id"])


def _only(found: list[Facts], what: str, advice: str) -> Facts:
    if not found:
        raise Stop(f"There is no {printable(what)} that the token may see.", "Names are compared letter by letter.")
    if len(found) > 1:
        raise Stop(f"There is more than one {printable(what)}.", advice)
    return found[0]
