"""The product's settings with the pages of the peers."""

from speechstudio.settings import *  # noqa: F403 (all settings hold here too)
from speechstudio.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "django_tables2"]
ROOT_URLCONF = "bench.listing.peers"
