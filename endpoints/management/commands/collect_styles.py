"""Collects style sheets and scripts as `setup` does; for an image, whose containers can't write them."""

from typing import Any

from django.core.management.base import BaseCommand

from speechstudio import assets


class Command(BaseCommand):
    help = "Concatenate and collect style sheets and scripts into STATIC_ROOT, without a database."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        assets.build_bundles()
        assets.collect_static_files()
