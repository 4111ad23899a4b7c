"""What plan and apply know of the server: a file compared with its endpoints, models and resources by name."""

from __future__ import annotations

import argparse
from dataclasses import replace

from endpoints.api.cli.connection import Connection
from endpoints.api.cli.desired import Document, read
from endpoints.api.cli.finding import PAGE, Facts, model_named, project_id, resource_id
from endpoints.api.cli.outcome import Stop, Unreachable, Usage
from endpoints.api.cli.plan import BLOCKED, CHANGE, CREATE, DELETE, Present, Step, compare
from endpoints.api.cli.requesting import with_open_change
from endpoints.api.cli.texts import printable

AGAIN = "Run the same command again: it compares first, and requests nothing twice."
KEPT = "not in the file, and deleted only when no new endpoint of the file is blocked or refused"


class Catalog:
    """The API with what a plan looks up by name, each once."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._resources: dict[str, str] = {}
        self._models: dict[tuple[str, str, str], str] = {}

    def resource(self, name: str) -> str:
        if name not in self._resources:
            self._resources[name] = resource_id(self.connection, name)
        return self._resources[name]

    def model(self, step: Step) -> str:
        """The id of the model that the file wants. Raises Stop."""
        if step.desired is None:
            raise AssertionError(step)
        locale = step.present.locale if step.present else step.desired.locale
        key = (step.resource, locale, step.desired.model)
        if key not in self._models:
            resource = self.resource(step.resource)
            found = model_named(self.connection, step.desired.model, resource=resource, locale=locale)
            if not found["deployable"]:
                why = printable(found["why_not"]) or "the server does not allow it."
                raise Stop(f"The model {printable(found['name'])} cannot be deployed: {why}")
            self._models[key] = found["id"]
        return self._models[key]

    def create(self, step: Step) -> Facts:
        desired = step.desired
        if desired is None:
            raise AssertionError(step)
        facts = {
            "name": desired.name,
            "model": self.model(step),
            "description": desired.description or "",
            "project": project_id(self.connection, desired.project, self.resource(desired.resource)) or None,
            "logging": bool(desired.content_logging),
        }
        return self.post("endpoints", facts)

    def post(self, path: str, facts: Facts) -> Facts:
        try:
            return dict(self.connection.post(path, facts, advice=AGAIN))
        except Stop as error:
            raise with_open_change(self.connection, error) from None


def compared(server: Catalog, options: argparse.Namespace) -> list[Step]:
    """The plan. A model that cannot be deployed, or is there more than once, blocks its step before any request.

    A new endpoint that is blocked may be the one that takes the place of what would be deleted: then nothing is.
    """
    document = read(options.file)
    _refuse_two_names(server, document, options.file)
    present = _all_present(server, document)
    steps = [_with_model(server, step) for step in compare(document, present, prune=options.prune)]
    if any(step.action == BLOCKED and is_new(step) for step in steps):
        steps = [replace(step, action=BLOCKED, why=KEPT) if step.action == DELETE else step for step in steps]
    return steps


def is_new(step: Step) -> bool:
    """Whether the file wants an endpoint that is not there."""
    return step.desired is not None and step.present is None


def _refuse_two_names(server: Catalog, document: Document, file: str) -> None:
    """Under a second name, each endpoint of a Speech resource would look like one that the file does not have."""
    names: dict[str, str] = {}
    for name in sorted(document.managed):
        other = names.setdefault(server.resource(name), name)
        if other != name:
            raise Usage(f"{file} names one Speech resource {other!r} and {name!r}.", "Name it one way.")


def _with_model(server: Catalog, step: Step) -> Step:
    if step.action == CREATE or (step.action == CHANGE and "model" in step.changes):
        try:
            server.model(step)
        except Unreachable:
            raise
        except Stop as error:
            return replace(step, action=BLOCKED, why=f"{error.sentence} {error.advice}".rstrip(". "))
    return step


def _all_present(server: Catalog, document: Document) -> list[Present]:
    names = {(desired.resource, desired.name) for desired in document.endpoints}
    found = []
    for resource in sorted(document.managed):
        for each in server.connection.pages("endpoints", resource=server.resource(resource), limit=PAGE):
            found.append(present_of(server.connection, each, resource, (resource, each["name"]) in names))
    return found


def present_of(connection: Connection, each: Facts, resource: str, named: bool) -> Present:
    """`named`: the file speaks of it, so that its open change matters."""
    model, opened = each["model"] or {}, each["open_change"]
    change = connection.get(f"changes/{opened['id']}") if opened and named else None
    requested = {name: new for name, new in (change["requested"] if change else {}).items() if new is not None}
    ids: set[str] = set()
    if change and change["kind"] in ("create", "change-model"):
        requested["model"] = change["model_name"]
        asked = connection.get(f"models/{change['model']['id']}") if change["model"] else {}
        ids = {asked[name] for name in ("id", "remote_id") if asked}
    if "logging" in requested:
        requested["content_logging"] = requested.pop("logging")
    failed = each["status"] == "Failed" or not (each["remote_id"] or opened)
    return Present(
        id=each["id"],
        resource=resource,
        name=each["name"],
        model=model.get("name", ""),
        model_ids=frozenset(filter(None, (model.get("id"), model.get("remote_id")))),
        locale=each["locale"],
        project=(each["project"] or {}).get("name", ""),
        description=each["description"],
        content_logging=each["logging"],
        failed=f"its status is {each['status_text']}; see {each['url']}" if failed else "",
        open_change=opened["id"] if opened else "",
        open_kind=opened["kind"] if opened else "",
        undecided=bool(opened) and opened["state"] == "undecided",
        requested=requested,
        requested_ids=frozenset(ids),
    )
