"""The papers of the monitoring name metrics that exist: their table, the alerts and the dashboard."""

import json
import os
import re
from pathlib import Path

import pytest
import yaml

from endpoints.messages.metric_families import COUNTER, FAMILIES
from endpoints.messages.metrics import exposition
from tests.messages.exposed import promtool

ROOT = Path(__file__).resolve().parent.parent.parent
ALERTS = ROOT / "docs" / "prometheus-alerts.yml"
DASHBOARD = ROOT / "docs" / "grafana-dashboard.json"
PAPER = ROOT / "docs" / "metrics.md"
TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end -->)", re.DOTALL)
NAME = re.compile(r"\bspeechstudio_\w+")
SAMPLES = {name for family in FAMILIES.values() for name in family.samples}


def rules():
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def queries():
    """Of the dashboard."""
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def labels_of(name):
    found = next(family for family in FAMILIES.values() if name in family.samples)
    return {*found.labels, *(["le"] if name.endswith("_bucket") else [])}


def table():
    """The metrics as docs/metrics.md shows them."""
    lines = ["| Metric | Kind | Labels | Unit | Meaning |", "| --- | --- | --- | --- | --- |"]
    for family in FAMILIES.values():
        labels = ", ".join(f"`{label}`" for label in family.labels)
        lines.append(f"| `{family.full_name}` | {family.kind} | {labels} | {family.unit} | {family.meaning} |")
    return "\n".join(lines) + "\n"


def test_what_is_exposed_is_the_table_of_metrics(db):
    exposed = {
        (name, kind)
        for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", exposition().decode(), re.MULTILINE)
        if not name.endswith("_created")
    }
    assert exposed == {(family.full_name, family.kind) for family in FAMILIES.values()}


def test_the_paper_shows_each_metric_with_its_meaning_and_unit():
    if os.environ.get("UPDATE_METRICS"):
        PAPER.write_text(TABLE.sub(lambda _old: table(), PAPER.read_text()))
    assert TABLE.search(PAPER.read_text())[0] == table(), "UPDATE_METRICS=1 writes it"


@pytest.mark.parametrize("source", ["alerts", "dashboard"])
def test_each_metric_that_is_used_exists_with_the_labels_that_are_used(source):
    used = [rule["expr"] for rule in rules()] if source == "alerts" else queries()
    assert len(used) > 20
    for query in used:
        names = NAME.findall(query)
        assert names
        assert {*names} <= SAMPLES, query
        for name, selectors in re.findall(r"(speechstudio_\w+)\{([^}]*)\}", query):
            assert {*re.findall(r"(\w+)\s*[=!]", selectors)} <= labels_of(name), query
        for labels in re.findall(r"\b(?:by|without) \(([^)]+)\)", query):
            known = {"instance", "pod", *(label for name in names for label in labels_of(name))}
            assert {*re.split(r",\s*", labels)} <= known, query


def test_each_metric_is_used_somewhere_or_explained():
    """A dashboard without a metric is one that nobody misses."""
    used = {*NAME.findall(ALERTS.read_text()), *NAME.findall(DASHBOARD.read_text())}
    assert [family.name for family in FAMILIES.values() if not {*family.samples} & used] == []


def test_rates_are_of_counters_and_other_values_of_gauges():
    counters = {family.full_name for family in FAMILIES.values() if family.kind == COUNTER}
    histograms = {name for family in FAMILIES.values() for name in family.samples if name.endswith(("_bucket", "_sum"))}
    for query in [*queries(), *(rule["expr"] for rule in rules())]:
        increasing = set(re.findall(r"(?:rate|increase)\((speechstudio_\w+)", query))
        assert all(name in counters | histograms or name.endswith("_count") for name in increasing), query
        assert counters & {*NAME.findall(query)} <= increasing, query


def test_each_alert_says_what_to_do_and_how_urgent_it_is():
    for rule in rules():
        assert rule["alert"].startswith("SpeechStudio")
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_prometheus_accepts_the_alerts():
    assert f"{len(rules())} rules found" in promtool("check", "rules", ALERTS)


def test_the_alerts_fire_when_something_is_wrong_and_only_then():
    named = {*re.findall(r"SpeechStudio\w+", (Path(__file__).parent / "alerts.yml").read_text())}
    assert named == {rule["alert"] for rule in rules()}
    assert "SUCCESS" in promtool("test", "rules", Path(__file__).parent / "alerts.yml")


def test_the_dashboard_has_panels_that_do_not_overlap():
    cells = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert 0 <= x < 24
                assert (x, y) not in cells, panel["title"]
                cells.add((x, y))
