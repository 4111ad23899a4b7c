"""The Celery application. Its settings are the CELERY_ ones of settings.py."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "speechstudio.settings")

app = Celery("speechstudio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
