"""Compare a real Speech resource with the contract.

It needs no database: without one, it checks the resource that the environment names.
"""

import logging
from argparse import ArgumentParser
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from endpoints.azure import SpeechClient
from endpoints.azure.network import Network
from endpoints.azure.transport import Transport
from endpoints.checks.of_settings import the_speech_resource_is_complete
from endpoints.gateway import clients
from endpoints.gateway.recognition import recognition_hosts
from endpoints.models import Resource
from endpoints.models.secret import CannotDecrypt
from endpoints.speech_check import (
    AddressCheck,
    CheckResult,
    Recorder,
    Redactor,
    ServiceCheck,
    Verdict,
    WriteCheck,
    check_recognition,
    secrets_in,
)
from speechstudio.error_place import place
from speechstudio.log_filters import database_error

LARGEST_WAV = 8_000_000  # bytes; more than the 60 seconds that the service takes


class Command(BaseCommand):
    help = "Check a Speech resource against the published contract, and print what matches and what differs."
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
        parser.add_argument(
            *("--recognize", "--recognise"),
            metavar="WAV",
            help="also have this recording recognized, with and without an endpoint's id; it is billed as recognition",
        )
        parser.add_argument(
            "--address",
            metavar="NAME",
            help="also ask this address of the product as an SDK does, by its name or as a whole "
            "(https://studio.example/speech/NAME), and follow it; the recording is recognized there",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.redact = Redactor()
        logging.disable(logging.WARNING)  # the steps say it in words
        try:
            self._run(options)
        except (CannotDecrypt, ImproperlyConfigured, ValueError) as error:
            raise CommandError(self.redact(str(error))) from None
        except DatabaseError as error:
            raise CommandError(database_error(error)) from None
        except (CommandError, BrokenPipeError):
            raise
        except Exception as error:  # its message may contain what was read
            raise CommandError(f"The check itself failed ({place(error)}). Report this place.") from None
        finally:
            logging.disable(logging.NOTSET)

    def _run(self, options: dict[str, Any]) -> None:
        audio = _recording(options["recognize"]) if options["recognize"] else b""
        address = _address(options["address"]) if options["address"] else ""
        resource, key = _named(options["resource"])
        container_address = resource.log_container.open() if resource.log_container else ""
        secret = key or (resource.key.open() if resource.key else "")
        self.redact = Redactor([secret, *secrets_in(container_address)])
        network = Network(**settings.NETWORK)
        recorder = Recorder(network)
        asked: list[CheckResult] = []
        if resource.version_is_open:
            with _client(resource, key, network, recorder) as client:
                chosen = ServiceCheck(client, recorder, asked.append).versions()
            resource.api_version = chosen or resource.api_version
        self._print_line(f"{resource.name}: {resource.endpoint_url}, API version {resource.api_version}")
        with _client(resource, key, network, recorder) as client:
            check = ServiceCheck(client, recorder, self._print_result)
            try:
                check.read()
                if asked:
                    check.add(*asked)
                else:
                    check.versions()
                if container := clients.log_container(resource, network):
                    with container:
                        check.check_container(container)
                if address:
                    self._follow(check, address, recognition_hosts(resource), audio)
                elif audio:
                    check_recognition(check, recognition_hosts(resource), audio)
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
            raise CommandError("Some steps differed or failed. See the lines above.", returncode=1)

    def _follow(self, check: ServiceCheck, address: str, hosts: list[str], audio: bytes) -> None:
        # The person at the command line named the address, so it may be in any network.
        network = replace(Network(**settings.NETWORK), private_networks=("0.0.0.0/0", "::/0"))
        transport = Transport(keep_alive=False, network=network)
        try:
            AddressCheck(check, address, hosts, transport).run(audio)
        finally:
            transport.close()

    def _print_result(self, result: CheckResult) -> None:
        time = f" ({result.seconds:.2f} s)" if result.seconds else ""
        self._print_line(f"{result.verdict:<8} {result.operation}: {result.summary}{time}")
        for difference in result.differences:
            self._print_line(f"- {difference}", indent=9)

    def _print_line(self, line: str, indent: int = 0) -> None:
        """Print one line without secrets; the verdict keeps its column."""
        verdict, space, rest = line.partition(" ")
        padding = " " * (len(line) - len(line[len(verdict) :].lstrip()) - len(verdict)) if space else ""
        self.stdout.write(" " * indent + self.redact(verdict) + padding + self.redact(rest))
        self.stdout.flush()


def _client(resource: Resource, key: str, network: Network, recorder: Recorder) -> SpeechClient:
    """The client of a stored resource, or of the environment's, whose key is `key`."""
    if not key:
        return clients.speech_client(resource, network, transport=recorder)
    how: dict[str, Any] = {"api_version": resource.api_version, "network": network, "transport": recorder}
    return SpeechClient(resource.endpoint_url, key=key, **how)


def _named(name: str | None) -> tuple[Resource, str]:
    """The resource to check, and its key if it is that of the environment, which goes before those that are stored."""
    try:
        known = {resource.name: resource for resource in Resource.objects.all()}
    except DatabaseError:
        known = {}  # before `setup`
    if name in known:
        return known[name], ""
    found = _of_environment()
    if found and name in (None, found.name):
        return (known[found.name], "") if found.name in known else (found, settings.SPEECH_KEY)
    if known and not name:
        if len(known) > 1:
            raise CommandError(f"Enter the name of one of these resources: {', '.join(known)}.")
        return next(iter(known.values())), ""
    if name:
        raise CommandError(f"No resource is named {name}. Resources: {', '.join(known) or 'none'}.")
    raise CommandError("There's no resource to check. Set SPEECH_KEY and SPEECH_REGION (or SPEECH_ENDPOINT).")


def _of_environment() -> Resource | None:
    region, url, version = settings.SPEECH_REGION, settings.SPEECH_ENDPOINT, settings.SPEECH_API_VERSION
    if not settings.SPEECH_KEY or not (region or url):
        return None
    for mistake in the_speech_resource_is_complete():
        raise CommandError(f"{mistake.msg} {mistake.hint}")
    resource = Resource(name=Resource.default_name(region, url), region=region, url=url, automatic_version=not version)
    resource.api_version = version or resource.api_version
    return resource


def _address(given: str) -> str:
    """The whole address of a name at this product."""
    if "://" in given:
        return given
    if not settings.SITE_URL:
        raise CommandError("Set SITE_URL, or enter the whole address, such as https://studio.example/speech/hotline.")
    return f"{settings.SITE_URL}{settings.SCRIPT_NAME}/speech/{quote(given, safe='')}"


def _recording(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            audio = file.read(LARGEST_WAV + 1)
    except OSError as error:
        raise CommandError(f"The recording can't be read ({error.strerror}): {path}") from None
    if audio[:4] != b"RIFF" or audio[8:12] != b"WAVE":
        raise CommandError(f"The recording isn't a WAV file: {path}")
    if len(audio) > LARGEST_WAV:
        raise CommandError(f"The recording is longer than 60 seconds, the most that the service accepts: {path}")
    return audio
