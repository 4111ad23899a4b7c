"""What /metrics shows, as Prometheus reads it."""

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

from endpoints.messages.metrics import exposition
from endpoints.models.counter import counting

PROMTOOL = shutil.which("promtool")


def samples():
    """The values by name and labels, after this process has added what it has counted."""
    counting.flush()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
    }


def value(name, **labels):
    return samples().get((f"speechstudio_{name}", tuple(sorted(labels.items()))))


def promtool(*arguments, text=""):
    """What promtool says; fails when it finds a mistake."""
    if not PROMTOOL:
        pytest.skip("Prometheus is not installed")
    done = subprocess.run([PROMTOOL, *map(str, arguments)], input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
