"""Words that must not come back in what people read: pages, mails, commands and documents."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from tests.test_translation import CATALOG, texts

ROOT = Path(__file__).resolve().parent.parent
PAPERS = ("README.md", "docs/architecture.md")
# A pattern, and what stands there instead.
BETTER = {
    r"\b[Aa]sked (?:to|for|in bulk|by|now)\b|\bNot asked\b": "requested, checked",
    r"\b[Ll]ook(?:s|ed|ing)? (?:again|through)\b|\b(?:Last|Next) look\b|\ba look every\b": "refresh, check",
    r"\b[Nn]obody (?:has )?looked\b": "not checked",
    r"\bwritten down\b": "recorded",
    r"\bpassed over\b|\bPassed over\b": "skipped",
    r"\bat the service\b": "in Azure",
    r"\b(?:time|day) is (?:still to come|over)\b|^Over$": "ended, expired; choose a past day, a future time",
    r"^May$|\bYou may not\b": "can; you don't have permission to",
    r"\bticked\b": "selected",
    r"\bvanish": "expire, be deleted",
    r"\bbefore we came\b": "before we could save them",
    r"^Not known\b|\bIt is not known\b": "unknown",
    r"\bgoes before that of\b": "overrides",
    r"\ball the same\b": "still",
    r"\b(?:wish|doorbell|bell)\b": "change request, task message",
    r"\bPeople of the demo\b": "demo accounts",
    r"\bAs the (?:project|browser)\b": "same as project, browser default",
    r"\bSigns in with\b": "authentication",
    r"\b[Oo]ur copy\b|\b(?:Not|not) here\b": "saved copy, not saved",
    r"\bWhole or not\b": "completeness",
    r"\bfor good\b": "permanently",
    r"\b(?:cannot|(?:could|did|does|do|is|are|was|were|has|have) not)\b": "can't, couldn't, doesn't, isn't",
    r"\bwasn't possible\b": "couldn't",
    r"\b[Ss]omebody\b|\b[Aa]nybody\b|\b[Nn]obody\b": "someone, anyone, no one",
    r"\bgave up the change\b|\bgoes on\b|\bon its way\b": "abandoned, continues, already sent",
    r"\bfilters that are set\b": "the current filters",
    r"\bThere is a problem\b": "there's a problem",
    r"This field is required": "enter a name, enter a reason",
}


def read_by_people():
    """Where it stands, and what people read there."""
    for said in texts(CATALOG):
        for text in (said["msgid"], said.get("msgid_plural", "")):
            yield "the catalog", text
    for paper in PAPERS:
        yield paper, (ROOT / paper).read_text(encoding="utf-8")
    for name, app in get_commands().items():
        if app == "endpoints":
            yield f"manage.py {name}", str(load_command_class(app, name).help)


@pytest.mark.parametrize("pattern", BETTER)
def test_a_word_that_was_replaced_does_not_come_back(pattern):
    found = [f"{where}: {text[:200]}" for where, text in read_by_people() if re.search(pattern, text)]
    assert found == [], f"Better: {BETTER[pattern]}"
