"""The text of a message with alerts, the same for each way. Names of endpoints, models and resources: no person's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.models import Alert

NAMED = 5  # endpoints of which the same is said
MOST_LINES = 50
SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Line:
    level: str
    text: str
    url: str


@dataclass(frozen=True)
class Message:
    """`id`: stays the same when it is sent again. `alerts`: for programs, JSON values."""

    id: str
    subject: str
    lines: list[Line]
    more: int
    address: str
    alerts: list[dict[str, Any]]

    @property
    def body(self) -> str:
        """Plain text."""
        lines = [f"{line.text}\n{line.url}" if line.url else line.text for line in self.lines]
        if self.more:
            lines.append(_more(self.more))
        lines.append(self.address) if self.address else None
        return "\n\n".join(lines) + "\n"


def message(pk: object, told: Iterable[tuple[Alert, bool]], site: str) -> Message:
    """Of alerts, each with whether its end is told; in the active language and time zone. site: the product's address.

    Without an address of the product there are no links.
    """
    found = list(told)
    lines = _lines(found, site)
    page = _absolute(site, reverse("endpoints:alerts"))
    first = " ".join(lines[0].text.split()) if lines else _("Test of an alert channel")
    subject = first if len(lines) < 2 else f"{first} ({_('and %(count)s more') % {'count': len(lines) - 1}})"
    if not lines:
        lines = [Line("info", _("This is a test. Alerts of Speech Studio are delivered to this channel."), "")]
    return Message(
        id=str(pk),
        subject=f"Speech Studio: {subject}"[:SUBJECT_LENGTH],
        lines=lines[:MOST_LINES],
        more=max(0, len(lines) - MOST_LINES),
        address=page,
        alerts=[_value(alert, recovered, site) for alert, recovered in found],
    )


def _lines(found: list[tuple[Alert, bool]], site: str) -> list[Line]:
    """What is the same for several endpoints is one line."""
    together: dict[tuple[Any, ...], list[Alert]] = {}
    for alert, recovered in found:
        together.setdefault((recovered, *alert.topic), []).append(alert)
    return [_line(bool(key[0]), alerts, site) for key, alerts in together.items()]


def _line(recovered: bool, alerts: list[Alert], site: str) -> Line:
    first = alerts[0]
    text = " ".join(first.sentence(recovered=recovered).split())  # a name with a line break is no line of ours
    others = [" ".join(str(alert.facts.get("endpoint", "")).split()) for alert in alerts[1:]]
    if others:
        named = ", ".join(others[:NAMED])
        left = len(others) - NAMED
        text = f"{text} {_('The same for:')} {named}{', ' + _more(left) if left > 0 else ''}"
    level = "success" if recovered else first.level
    return Line(level, text, _absolute(site, _place(first)))


def _more(count: int) -> str:
    return ngettext("%(count)s more", "%(count)s more", count) % {"count": count}


def _place(alert: Alert) -> str:
    return alert.get_absolute_url() or reverse("endpoints:alerts")


def _absolute(site: str, path: str) -> str:
    return f"{site}{path}" if site else ""


def _value(alert: Alert, recovered: bool, site: str) -> dict[str, Any]:
    """An alert for programs; docs/alerts.md describes it."""
    return {
        "id": str(alert.pk),
        "rule": alert.rule,
        "state": "recovered" if recovered else "raised",
        "text": alert.sentence(recovered=recovered),
        "at": _iso(alert.at),
        "ended_at": _iso(alert.ended_at),
        "endpoint": str(alert.endpoint_id) if alert.endpoint_id else None,
        "resource": str(alert.resource_id) if alert.resource_id else None,
        "facts": alert.facts,
        "url": _absolute(site, _place(alert)) or None,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
