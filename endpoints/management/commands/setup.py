"""Migrates the database, grants rights, collects static files, and registers the environment's Speech resource."""

from contextlib import ExitStack
from typing import Any

from celery import current_app
from celery.exceptions import OperationalError
from django.conf import settings
from django.core.checks import Tags
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from endpoints.audit import rights
from endpoints.mirror import resources
from endpoints.models import encrypted_values
from endpoints.models.secret import CannotDecrypt, SecretsLocked, locked
from speechstudio import assets, one_setup

BROKER_SECONDS = 3


class Command(BaseCommand):
    help = "Migrate the database, collect static files, and register the Speech resource of the environment."

    def handle(self, *args: Any, **options: Any) -> None:
        with ExitStack() as until_the_end:
            self._migrate(until_the_end)
            self._fill()

    def _fill(self) -> None:
        self.check(tags=[Tags.database], databases=[DEFAULT_DB_ALIAS])
        try:
            assets.build_bundles()
            assets.collect_static_files()
        except OSError as error:
            raise CommandError(
                f"STATIC_ROOT={settings.STATIC_ROOT} or VAR={settings.VAR} can't be written to ({error.strerror}). "
                "Check its permissions."
            ) from None
        encrypted_values.record_key()
        self._try_broker()
        try:
            if locked():
                raise SecretsLocked
            if settings.SPEECH_KEY:
                self._register()
        except CannotDecrypt as error:  # the product starts and its pages say it, too
            self.stderr.write(f"The product starts, but nothing is sent to Azure. {error}")

    def _migrate(self, until_the_end: ExitStack) -> None:
        with rights.owner_connected(settings.SETUP_DATABASE) as application:
            until_the_end.enter_context(one_setup.alone())  # as the owner: the application's role may not exist yet
            call_command("migrate", verbosity=0, interactive=False)
            if application:
                rights.grant(application["USER"], application["PASSWORD"])
        if settings.SETUP_DATABASE and rights.excess():
            raise CommandError(
                "DATABASE_URL: its role can change and remove events of Activity whatever is granted, because it owns "
                "tables or is a superuser. SETUP_DATABASE_URL has to name the owner, and DATABASE_URL another role."
            )

    def _register(self) -> None:
        resource = resources.register(
            region=settings.SPEECH_REGION,
            url=settings.SPEECH_ENDPOINT,
            key=settings.SPEECH_KEY,
            api_version=settings.SPEECH_API_VERSION,
        )
        self.stdout.write(f"Speech resource: {resource.name}, {resource.endpoint_url}")
        if kept := resources.kept_of(resource):
            self.stdout.write(f"Edited on the Resources page, so the environment doesn't set: {', '.join(kept)}")

    def _try_broker(self) -> None:
        """Say it when the broker does not answer. It is no failure: web and worker connect as soon as it does."""
        if settings.BROKER_URL.startswith("redis+socket:"):
            return  # the demo's own
        try:
            with current_app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
        except (OperationalError, OSError) as error:
            reason = " ".join(str(error).split())
            self.stderr.write(f"BROKER_URL: the broker cannot be used, so changes start seconds later: {reason}")
