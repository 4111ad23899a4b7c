"""How what a line of Activity tells has ended, or where it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from endpoints.models.event import Event
from endpoints.models.event_results import OF_CHANGE, EventResult
from endpoints.models.status import OPEN, ChangeState


@dataclass(frozen=True)
class Result:
    """`live`: it changes by itself, so an open page asks for it again."""

    icon: str
    label: str
    live: bool = False


DONE, FAILED, ENDED = "success", "failed", "ended"
_OF_STATE = {
    ChangeState.QUEUED: ("waiting", ChangeState.QUEUED.label),
    ChangeState.SENDING: ("running", gettext_lazy("In progress")),
    ChangeState.UNKNOWN: ("running", gettext_lazy("In progress")),
    ChangeState.DEPLOYING: ("running", gettext_lazy("In progress")),
    ChangeState.UNDECIDED: ("unknown", ChangeState.UNDECIDED.label),
    ChangeState.DONE: (DONE, ChangeState.DONE.label),
    ChangeState.REFUSED: (FAILED, ChangeState.REFUSED.label),
    ChangeState.FAILED: (FAILED, ChangeState.FAILED.label),
    ChangeState.CANCELED: (ENDED, ChangeState.CANCELED.label),
    ChangeState.REPLACED: (ENDED, EventResult.REPLACED.label),
}


def of_event(event: Event, change: Mapping[str, Any] | None) -> Result | None:
    """`change`: state, attempt and scheduled_for of the change that the event is about; None without one."""
    if event.verb in OF_CHANGE:
        return of_change(change) if change else None
    if event.result not in EventResult.values:
        return None
    result = EventResult(event.result)
    return Result(_OF_STATE[ChangeState(result)][0], str(result.label))


def of_change(change: Mapping[str, Any]) -> Result:
    state, at = change["state"], change["scheduled_for"]
    if state == ChangeState.QUEUED and change["attempt"] == 0 and _later(at):
        return Result("waiting", _("Scheduled"), live=True)
    icon, label = _OF_STATE[ChangeState(state)] if state in ChangeState.values else ("unknown", state)
    return Result(icon, str(label), live=state in OPEN)


def of_bulk(states: Iterable[tuple[str, int]]) -> Result | None:
    """The sum of the changes of a bulk change: "12 done, 1 failed"."""
    counts: dict[str, int] = {}
    for state, number in states:
        group = _GROUPS.get(state, "open")
        counts[group] = counts.get(group, 0) + number
    words = [_words(group, counts[group]) for group in _ORDER if group in counts]
    if not words:
        return None
    icon = "running" if counts.get("open") else "unknown" if counts.get("undecided") else None
    icon = icon or (FAILED if counts.get("failed") else DONE if counts.get("done") else ENDED)
    return Result(icon, ", ".join(words), live=bool(counts.get("open") or counts.get("undecided")))


_ORDER = ("done", "failed", "undecided", "open", "canceled")
_GROUPS: dict[str, str] = {
    ChangeState.DONE: "done",
    ChangeState.FAILED: "failed",
    ChangeState.REFUSED: "failed",
    ChangeState.UNDECIDED: "undecided",
    ChangeState.CANCELED: "canceled",
    ChangeState.REPLACED: "canceled",
}


def _words(group: str, number: int) -> str:
    words = {
        "done": _("%(number)s done"),
        "failed": _("%(number)s failed"),
        "undecided": ngettext("%(number)s needs a decision", "%(number)s need a decision", number),
        "open": _("%(number)s in progress"),
        "canceled": _("%(number)s canceled"),
    }
    return words[group] % {"number": number}


def _later(at: datetime | None) -> bool:
    return at is not None and at > timezone.now()
