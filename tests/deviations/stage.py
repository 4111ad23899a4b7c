"""One test's stage: the resource behind the front, what people and workers do with it, and what the pages show."""

from __future__ import annotations

import html
import io
import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.core.management import CommandError, call_command
from django.urls import reverse

from endpoints.mirror import resources
from endpoints.models import Endpoint, Resource, SpeechModel
from tests.conftest import KEY, Person, Worker, World

from .front import Front
from .mode import Mode

WORLD = {"endpoints": 3, "models": 4, "projects": 2, "logs": 2, "log_bytes": 3000, "rate_limit": "0/0"}
PAGES = ("list", "models", "activity", "resources")
ENDPOINT_TABS = ("detail", "sample-code", "content-logging", "history")


class Stage:
    """`odd`: the service's id of the endpoint that a mode singles out; it logs. `others`: those of all others."""

    def __init__(self, mode: Mode, front: Front, world: World, worker: Worker, alice: Person) -> None:
        self.mode, self.front, self.world, self.worker, self.alice = mode, front, world, worker, alice
        front.begin()
        world.begin(**{**WORLD, **mode.options})
        ids = {id_of(remote): remote["properties"]["loggingEnabled"] for remote in all_of(world, "endpoints")}
        self.odd = next(identity for identity, logs in ids.items() if logs)
        self.others = [identity for identity in ids if identity != self.odd]
        front.odd = self.odd
        self.called = self._facts_of_models()

    def _facts_of_models(self) -> dict[str, str]:
        """What stands for names and dates of models in sentences; they depend on the quarter of the world's start."""
        custom, base = all_of(self.world, "models"), all_of(self.world, "models/base")
        odd = self.world.call("GET", f"/endpoints/{self.odd}")
        model = next(one for one in custom if one["self"] == odd["model"]["self"])
        expires = datetime.fromisoformat(model["properties"]["deprecationDates"]["transcriptionDateTime"])
        return {
            "<model>": model["displayName"],
            "<expiration date>": f"{expires:%b} {expires.day}, {expires.year}",
            "<newest base model>": max(one["displayName"] for one in base),
            "<first model>": custom[0]["displayName"],
            "<first base model>": base[0]["displayName"],
        }

    def named(self, sentence: str) -> str:
        """The sentence with the names and dates of models."""
        for placeholder, fact in self.called.items():
            sentence = sentence.replace(placeholder, fact)
        return sentence

    def register(self) -> None:
        """Add the resource and refresh it; the service differs from the first request on, unless it is `known`."""
        if not self.mode.known:
            self.front.alter = self.mode.alter
        self.resource = resources.register(
            name="Contoso", region="eastus", url=self.front.url, key=KEY, api_version=self.mode.version
        )
        self.refresh()
        if self.mode.known:
            self.front.alter = self.mode.alter
            self.refresh()

    def refresh(self) -> None:
        """Everything is read again, and a failing resource is not waited for."""
        Resource.objects.update(cataloged_at=None, tried_at=None, paused_until=None)
        self.worker.mirror()
        self.resource.refresh_from_db()

    @property
    def row(self) -> Endpoint:
        """The row of the odd endpoint."""
        return Endpoint.objects.get(remote_id=self.odd)

    def changed_elsewhere(self) -> dict[str, str]:
        """Rename all other endpoints, a model and a project in Azure; returns the endpoints' names by id."""
        names = {identity: f"Live {number}" for number, identity in enumerate(self.others)}
        for identity, name in names.items():
            self.world.call("PATCH", f"/endpoints/{identity}", {"displayName": name})
        for kind in ("models", "projects"):
            *_, last = all_of(self.world, kind)
            self.world.call("PATCH", f"/{kind}/{id_of(last)}", {"displayName": f"Live {kind}"})
        return names

    def names(self) -> dict[str, str]:
        """The names in the rows of all endpoints by id."""
        return dict(Endpoint.objects.present().values_list("remote_id", "display_name"))

    def page(self, name: str, *args: Any) -> str:
        """The words of a page, which must be answered with 200."""
        return self.words_at(reverse(f"endpoints:{name}", args=args))

    def words_at(self, address: str) -> str:
        answer = self.alice.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return words(answer.content.decode().partition("<main")[2].partition(">")[2].partition("</main>")[0])

    def pages(self) -> dict[str, str]:
        """The words of all pages, by name."""
        shown = {name: self.page(name) for name in PAGES}
        shown["resource"] = self.page("resource-edit", self.resource.pk)
        row = Endpoint.objects.filter(remote_id=self.odd).first() or Endpoint.objects.first()
        if row is not None:
            shown["endpoint"] = " ".join(self.page(tab, row.pk) for tab in ENDPOINT_TABS)
            shown["logs"] = self.page("logs", row.pk)
            if (entry := row.log_entries.first()) is not None:
                shown["entry"] = self.words_at(entry.get_absolute_url())
        return shown

    def check(self) -> str:
        """What manage.py speech_check prints, with the message that it ends with."""
        out = io.StringIO()
        message = ""
        with suppress(CommandError):
            try:
                call_command("speech_check", stdout=out)
            except CommandError as error:
                message = str(error)
        return words(f"{out.getvalue()} {message}")

    def other_model(self) -> SpeechModel:
        """Another model that the odd endpoint can change to."""
        models = SpeechModel.objects.deployable().filter(locale=self.row.locale).exclude(pk=self.row.model_id)
        return models.exclude(display_name__icontains="broken")[0]


def all_of(world: World, kind: str) -> list[dict[str, Any]]:
    """The entities that the service has, page by page."""
    found: list[dict[str, Any]] = []
    while page := world.call("GET", f"/{kind}?skip={len(found)}&top=100")["values"]:
        found += page
    return found


def id_of(remote: dict[str, Any]) -> str:
    return str(remote["self"]).rpartition("/")[2]


def words(page: str) -> str:
    """The text of a page without its markup, with what a screen reader reads of its checkboxes and buttons."""
    page = re.sub(r'<(?:input|button)\b[^>]* aria-label="([^"]*)"', r"\1 \g<0>", page)
    return " ".join(
        html.unescape(re.sub("<[^>]*>", " ", re.sub("</?bdi[^>]*>", "", page)))
        .replace("\u2068", "")
        .replace("\u2069", "")
        .split()
    )
