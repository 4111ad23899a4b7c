"""Migrates the database, collects static files, and registers the Speech resource of the environment."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from endpoints.mirror import resources
from speechstudio import assets


class Command(BaseCommand):
    help = "Migrate the database, collect static files, and register the Speech resource of the environment."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0, interactive=False)
        assets.build_bundles()
        assets.collect_static_files()
        if settings.SPEECH_KEY:
            resource = resources.register(
                region=settings.SPEECH_REGION,
                url=settings.SPEECH_ENDPOINT,
                key=settings.SPEECH_KEY,
                api_version=settings.SPEECH_API_VERSION,
            )
            self.stdout.write(f"Speech resource: {resource.name}, {resource.endpoint_url}")
