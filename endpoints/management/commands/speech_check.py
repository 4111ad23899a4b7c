"""Compare a real Speech resource with the contract."""

import re
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from endpoints.azure.network import Network
from endpoints.gateway import clients
from endpoints.models import Resource
from endpoints.models.secret import CannotDecrypt
from endpoints.speech_check import CheckResult, Recorder, ServiceCheck, Verdict, WriteCheck


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
        network = Network(**settings.NETWORK)
        recorder = Recorder(network)
        try:
            client = clients.speech_client(resource, network, transport=recorder)
            container = clients.log_container(resource, network)
        except (CannotDecrypt, ValueError) as error:
            raise CommandError(str(error)) from None
        self._print_line(f"{resource.name}: {resource.endpoint_url}, API version {resource.api_version}")
        with client:
            check = ServiceCheck(client, recorder, self._print_result)
            try:
                check.read()
                if container is not None:
                    with container:
                        check.check_container(container)
                if options["write"]:
                    WriteCheck(check, max_wait=options["wait"]).run()
            except KeyboardInterrupt:
                self._print_line("Interrupted.")
                interrupted = True
            else:
                interrupted = False
        counts = Counter(result.verdict for result in check.results)
        totals = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict)
        self._print_line(f"{len(check.results)} steps: {totals}.")
        if interrupted or counts[Verdict.DIFFERED] or counts[Verdict.FAILED]:
            raise CommandError("Not everything held.", returncode=1)

    def _print_result(self, result: CheckResult) -> None:
        time = f" ({result.seconds:.2f} s)" if result.seconds else ""
        self._print_line(f"{result.verdict:<8} {result.operation}: {result.summary}{time}")
        for difference in result.differences:
            self._print_line(f"         - {difference}")

    def _print_line(self, line: str) -> None:
        """Print one line; removes a SAS signature that a message of the service may contain."""
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
