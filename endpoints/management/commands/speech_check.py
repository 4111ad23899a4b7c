"""Compare a real Speech resource with the contract."""

import re
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from endpoints.azure import LogContainer
from endpoints.gateway import clients
from endpoints.models import Resource
from endpoints.models.secret import CannotDecrypt
from endpoints.speech_check import Recorder, Step, Trial, Verdict, Walk


class Command(BaseCommand):
    help = "Ask a Speech resource for everything, and print what holds of the contract and what differs."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "resource", nargs="?", help="the resource's name; it can be left out when there is only one"
        )
        parser.add_argument(
            "--write", action="store_true", help="also create, change and delete one test endpoint: this may cost money"
        )
        parser.add_argument(
            "--wait", type=float, default=2400, metavar="SECONDS", help="the longest wait for one deployment (2400)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        resource = _named(options["resource"])
        recorder = Recorder()
        try:
            client = clients.service(resource, transport=recorder)
            container = LogContainer(resource.log_container.open()) if resource.log_container else None
        except (CannotDecrypt, ValueError) as error:
            raise CommandError(str(error)) from None
        self._say(f"{resource.name}: {resource.endpoint_url}, API version {resource.api_version}")
        with client:
            walk = Walk(client, recorder, self._tell)
            try:
                walk.read()
                if container is not None:
                    with container:
                        walk.look_into(container)
                if options["write"]:
                    Trial(walk, longest=options["wait"]).run()
            except KeyboardInterrupt:
                self._say("Interrupted.")
                interrupted = True
            else:
                interrupted = False
        counts = Counter(step.verdict for step in walk.steps)
        told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
        self._say(f"{len(walk.steps)} steps: {told}.")
        if interrupted or counts[Verdict.DIFFERED] or counts[Verdict.FAILED]:
            raise CommandError("Not everything held.", returncode=1)

    def _tell(self, step: Step) -> None:
        time = f" ({step.seconds:.2f} s)" if step.seconds else ""
        self._say(f"{step.verdict:<8} {step.operation}: {step.words}{time}")
        for difference in step.differences:
            self._say(f"         - {difference}")

    def _say(self, line: str) -> None:
        """One line; a signature that a service's sentence might repeat is cut out once more."""
        self.stdout.write(re.sub(r"(?i)\b(sig=)[^&\s]+", r"\1***", line.replace("\n", " ")))
        self.stdout.flush()


def _named(name: str | None) -> Resource:
    if name:
        found = Resource.objects.filter(name=name).first()
        if found is None:
            raise CommandError(f"There is no resource named {name}. There are: {_names()}.")
        return found
    if Resource.objects.count() != 1:
        raise CommandError(f"Name one of the resources: {_names()}.")
    return Resource.objects.get()


def _names() -> str:
    return ", ".join(Resource.objects.values_list("name", flat=True)) or "none; add one first"
