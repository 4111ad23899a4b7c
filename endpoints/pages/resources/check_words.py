"""What a test of a connection found, in words: one line for each step, and their sum."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from endpoints.models import ConnectionCheck, Resource, times
from endpoints.models.connection_check import Step

# The names and verdicts of steps are those of speech_check.connection, which pages do not import.
LABELS = {
    "address": gettext_lazy("Address"),
    "certificate": gettext_lazy("Certificate"),
    "key": gettext_lazy("Authentication"),
    "lists": gettext_lazy("Endpoints and models"),
    "web-hooks": gettext_lazy("Web hooks"),
    "logs": gettext_lazy("Content logs"),
    "version": gettext_lazy("API version"),
}
ICONS = {"held": "success", "differed": "unknown", "failed": "failed", "skipped": "waiting"}
VERDICTS = {
    "success": gettext_lazy("Passed"),
    "unknown": gettext_lazy("Warning"),
    "failed": gettext_lazy("Failed"),
    "waiting": gettext_lazy("Skipped"),
}
# Why something was not checked, in the words of the check of a service.
REASONS = {
    "no endpoint logs content": gettext_noop("No endpoint logs content."),
    "this API version has no operations on logs": gettext_noop("Not available in this API version."),
    "this API version has no web hooks": gettext_noop("Not available in this API version."),
    "the time for the check is over": gettext_noop("Not checked, because the test took too long."),
}


@dataclass(frozen=True)
class Line:
    """A step: `icon` is the name of its status icon, `ms` is 0 when it took no time of its own."""

    label: str
    icon: str
    words: str
    ms: int


class CheckWords:
    """A check for a page."""

    def __init__(self, check: ConnectionCheck) -> None:
        self.check, self.running = check, check.running
        self.results = check.results

    @property
    def icon(self) -> str:
        return "running" if self.running else ICONS.get(self.check.worst, "waiting")

    @property
    def lines(self) -> list[Line]:
        return [
            Line(str(LABELS.get(step.name, step.name)), ICONS.get(step.verdict, "waiting"), _words(step), step.ms)
            for step in self.results
        ]

    @property
    def sum(self) -> str:
        """How many steps passed, failed or need attention."""
        count = {verdict: sum(step.verdict == verdict for step in self.results) for verdict in ICONS}
        parts = []
        if count["failed"]:
            parts.append(ngettext("%(count)s check failed", "%(count)s checks failed", count["failed"]))
        if count["held"]:
            parts.append(ngettext("%(count)s check passed", "%(count)s checks passed", count["held"]))
        if count["differed"]:
            parts.append(ngettext("%(count)s warning", "%(count)s warnings", count["differed"]))
        numbers = [count[verdict] for verdict in ("failed", "held", "differed") if count[verdict]]
        return ", ".join(part % {"count": number} for part, number in zip(parts, numbers, strict=True))

    @property
    def seconds(self) -> float:
        """How long it took."""
        began, ended = self.check.started_at, self.check.finished_at
        return (ended - began).total_seconds() if began and ended else 0.0

    def report(self, resource: Resource) -> str:
        """The check as plain text, for a ticket. The texts of steps were stored without secrets."""
        at = self.check.finished_at
        lines = [f"{resource.name}: {resource.endpoint_url}, {resource.api_version}, {resource.get_auth_display()}"]
        if at:
            lines.append(_("Tested %(time)s") % {"time": times.exact(at)})
        lines.append(self.sum)
        for line in self.lines:
            time = f" ({line.ms} ms)" if line.ms else ""
            lines.append(f"- {VERDICTS[line.icon]}: {line.label}{time}. {line.words}".rstrip())
        return "\n".join(lines)


def _words(step: Step) -> str:
    if step.verdict == "failed":
        return " ".join(_(text) for text in step.texts)
    if step.verdict == "skipped":
        return " ".join(_(REASONS.get(text, text)) for text in step.texts) or _("Not encrypted, on this machine.")
    passed = _PASSED[step.name](step) if step.name in _PASSED else ""
    if step.verdict == "differed" and step.texts:
        count = len(step.texts)
        differ = ngettext("%(count)s difference from the contract", "%(count)s differences from the contract", count)
        return f"{passed} {differ % {'count': count}}: {' '.join(step.texts)}".strip()
    return passed


def _certificate(step: Step) -> str:
    until = datetime.fromtimestamp(int((step.facts or {}).get("until", 0)), UTC)
    sentence = _("Expires on %(day)s.") if step.verdict == "differed" else _("Valid until %(day)s.")
    return sentence % {"day": times.day(until)}


def _lists(step: Step) -> str:
    facts = step.facts or {}
    endpoints, models = int(facts.get("endpoints", 0)), int(facts.get("models", 0))
    return _("%(endpoints)s, %(models)s.") % {
        "endpoints": ngettext("%(count)s endpoint", "%(count)s endpoints", endpoints) % {"count": endpoints},
        "models": ngettext("%(count)s model", "%(count)s models", models) % {"count": models},
    }


def _version(step: Step) -> str:
    facts = step.facts or {}
    if facts.get("chosen") not in ("", None, facts.get("version")):
        return _("%(version)s works. %(chosen)s works too, and is recommended.") % facts
    return _("%(version)s works.") % facts


_PASSED: dict[str, Callable[[Step], str]] = {
    "address": lambda step: _("%(host)s responds.") % (step.facts or {"host": "…"}),
    "certificate": _certificate,
    "key": lambda step: _("Accepted."),
    "lists": _lists,
    "web-hooks": lambda step: _("Available."),
    "logs": lambda step: _("Readable."),
    "version": _version,
}
