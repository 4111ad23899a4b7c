"""Runs the product on one machine: broker, simulated service, worker, beat and web server."""

import logging.config
import os
import secrets
import shutil
import signal
import time
from argparse import ArgumentTypeError
from pathlib import Path
from threading import Thread
from typing import Any

from celery import current_app
from celery.beat import Service
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from speechstudio.beat import Scheduler
from speechstudio.demo import processes
from speechstudio.demo.database import PEOPLE, DatabaseSetup
from speechstudio.demo.processes import CannotStart, Processes, Restarts
from speechstudio.var import broker_socket, directory, kept_secret


class Command(BaseCommand):
    help = "Run Speech Studio with a simulated Speech service, or with the one that SPEECH_KEY and SPEECH_REGION name."
    requires_system_checks = []  # `setup` runs them

    def add_arguments(self, parser: CommandParser) -> None:
        for name, default, what in (
            ("endpoints", 0, "endpoints that the simulated service begins with"),
            ("logs", 6, "pairs of content logs for each endpoint with logging"),
            ("deploy-seconds", 20, "duration of a simulated deployment, in seconds"),
            ("latency-ms", 0, "delay of each response of the simulated service, in milliseconds"),
        ):
            parser.add_argument(f"--{name}", type=_number, default=default, help=f"{what} ({default})")

        parser.add_argument(
            "--control", action="store_true", help="let tests control the simulated service at /_world/"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.port, self.simulator_port = _port("PORT", 8000), _port("SIMULATOR_PORT", 8100)
        self.real = bool(settings.SPEECH_KEY)
        self.env = {"LOOK_SECONDS": "10", **os.environ, "DEMO": "true", "CELERY_SKIP_CHECKS": "true"}
        for name, port in (("PORT", self.port), ("SIMULATOR_PORT", self.simulator_port)):
            if not (processes.port_is_free(port) or (self.real and name == "SIMULATOR_PORT")):
                raise CommandError(f"Port {port} is already in use. Set {name} to a free port.", returncode=1)
        self.children = Processes(settings.VAR / "log")
        self.broker_socket_file: Path | None = None
        self.beat: Service | None = None
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt)
        logging.config.dictConfig(settings.LOGGING)
        current_app.config_from_object("django.conf:settings", namespace="CELERY")  # `setup` checks them
        try:
            self._start(options)
            self._wait_for_signal()
        except CannotStart as error:
            raise CommandError(str(error), returncode=1) from None
        except KeyboardInterrupt:
            self.stderr.write("Stopping")
        finally:
            # A second Ctrl-C while stopping must not leave processes running.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            if self.beat:
                self.beat.stop()  # before the broker that it sends to
            self.children.stop()
            if self.broker_socket_file:
                shutil.rmtree(self.broker_socket_file.parent, ignore_errors=True)

    def _start(self, options: dict[str, Any]) -> None:
        began = time.monotonic()
        self._start_broker()
        simulator = None
        if not self.real:
            key = kept_secret(settings.VAR / "simulator-key", lambda: secrets.token_hex(16))
            simulator = f"http://127.0.0.1:{self.simulator_port}", key
        with DatabaseSetup(simulator) as database:
            if simulator:
                self._start_simulator(key, options)
            self.stdout.write(database.set_up(), ending="")
            # One for all queues saves 70 MiB: with one resource, one process at most is busy with what takes long.
            worker_options = ["--concurrency", "2", "--without-mingle", "--without-gossip"]
            self.children.start("worker", processes.worker(*worker_options), self.env)
            self.children.start("web", processes.web(self.port), self.env)
            self.children.wait_for("web", lambda: processes.accepts(("127.0.0.1", self.port)))
            while not database.worker_at_work(within=0.1):
                for name in self.children.ended():
                    raise CannotStart(self.children.why(name))
        self._start_beat()
        self._print_addresses(time.monotonic() - began)

    def _start_beat(self) -> None:
        """Run beat in a thread of this process, which takes 60 MiB less than another process."""
        logging.getLogger("celery.beat").setLevel(logging.WARNING)  # the demo itself says that it has started
        self.beat = Service(current_app, schedule_filename=str(settings.VAR / "beat"), scheduler_cls=Scheduler)
        Thread(target=self.beat.start, kwargs={"embedded_process": True}, daemon=True).start()

    def _start_broker(self) -> None:
        socket_file = broker_socket(settings.VAR)
        if f"redis+socket://{socket_file}" != settings.BROKER_URL:
            return
        directory(socket_file.parent)
        if socket_file.parent.stat().st_uid != os.getuid():
            raise CannotStart(f"{socket_file.parent} belongs to another user. Remove it.")
        if processes.accepts(str(socket_file)):
            raise CannotStart(f"A demo with VAR={settings.VAR} is already running.")
        socket_file.unlink(missing_ok=True)
        self.broker_socket_file = socket_file
        self.children.start("broker", processes.broker(socket_file, directory(settings.VAR / "broker")), self.env)
        self.children.wait_for("broker", lambda: processes.accepts(str(socket_file)))

    def _start_simulator(self, key: str, options: dict[str, Any]) -> None:
        arguments = ["--state", str(settings.VAR / "simulator.json"), "--dialects"]
        for name in ("endpoints", "logs", "deploy_seconds", "latency_ms"):
            arguments += [f"--{name.replace('_', '-')}", str(options[name])]
        arguments += ["--control"] if options["control"] else []
        command = processes.simulator(self.simulator_port, key, *arguments)
        self.children.start("simulator", command, self.env, wait_for_line=True)

    def _wait_for_signal(self) -> None:
        restarts = Restarts()
        while self.children.running or restarts.pending():
            time.sleep(0.2)
            self.report_ended(self.children, restarts)
        raise CannotStart("No process of the demo is running. Start it again.")

    def report_ended(self, children: Processes, restarts: Restarts) -> None:
        """Report the processes that have ended, and start each again, a few times."""
        for name, code in children.ended().items():
            ended = f"The {processes.title(name)} has ended ({code})."
            if restarts.may_restart(name):
                self.stderr.write(f"{ended} It will restart in {Restarts.AFTER} s.")
            else:
                self.stderr.write(f"{ended} Stop the demo with Ctrl-C and start it again.")
        for name in restarts.due():
            children.restart(name)
            self.stderr.write(f"The {processes.title(name)} has been started again.")

    def _print_addresses(self, seconds: float) -> None:
        service = "the Speech service in Azure; no simulator is started" if self.real else "a simulated Speech service"
        people = ", ".join(f"{name} ({what})" for name, what in PEOPLE.items())
        address = f"http://127.0.0.1:{self.port}{settings.SCRIPT_NAME}/"
        self.stdout.write(f"Speech Studio: {address} with {service}, ready in {seconds:.1f} s")
        self.stdout.write(f"Sign in as {people}. The password is demo.")
        self.stdout.write(f"Logs: {self.children.logs}. Press Ctrl-C to stop.")
        self.stdout.flush()


def _port(name: str, default: int) -> int:
    given = os.environ.get(name) or str(default)
    if not (given.isdecimal() and 0 < int(given) < 65536):
        raise CommandError(f"{name}={given} isn't a port. Enter a number from 1 to 65535.", returncode=1)
    return int(given)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError(f"{text} isn't a number, which is 0 or more.")
    return int(text)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
