"""docs/deviations.md, from the table of modes."""

from __future__ import annotations

from pathlib import Path

from .mode import Mode
from .table import TOPICS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "deviations.md"
HEAD = """\
# Deviations

The product was written from the description of the Speech to text REST API. The service itself may answer in other
ways: documents contradict each other, entities are of different ages, and a gateway stands in front of it. Each mode
below is one such way. `tests/deviations/` has one switch for each: a front before the simulated service that changes
requests or answers.

With each mode a resource is registered and refreshed, people and workers do what the mode is about, and all pages are
read. Every page answers with 200. All else is shown as it is in Azure now or, when the service as a whole does not
answer, as it was last. No change is carried out twice, no request goes to another host, and the sentences in the last
column are shown. `check` is `manage.py speech_check`; the other words before a colon are pages.

This page is written from the table of modes by
`UPDATE_DEVIATIONS=1 .venv/bin/python -m pytest tests/deviations/test_document.py`, and a test compares them.
`pytest tests/deviations -k NAME` runs one of the {count} modes.
"""


def document() -> str:
    """The whole page."""
    count = sum(map(len, TOPICS.values()))
    return HEAD.format(count=count) + "".join(_section(topic, modes) for topic, modes in TOPICS.items())


def _section(topic: str, modes: list[Mode]) -> str:
    rows = "".join(f"| `{mode.name}` | {_cell(mode.does)} | {_said(mode)} |\n" for mode in modes)
    return f"\n## {topic}\n\n| Mode | The service | Who reads what |\n| --- | --- | --- |\n{rows}"


def _said(mode: Mode) -> str:
    return "<br>".join(f"{page}: {_cell(sentence)}" for page, sentence in mode.sentences())


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\0", "").replace("<", "&lt;")
