"""What an alert says, as a whole sentence, and that it is over; how urgent it is; what is told in one line."""

from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from endpoints.models import times

# By the values of AlertRule, which imports this: what is true, what it is when it is over, and how urgent it is.
_SENTENCES: dict[str, tuple[Any, Any, str]] = {
    "failed": (gettext_lazy("The deployment or change of %(endpoint)s failed."), "", "danger"),
    "stuck": (
        gettext_lazy("The change of %(endpoint)s takes longer than usual or needs a decision."),
        gettext_lazy("The change of %(endpoint)s has ended."),
        "warning",
    ),
    "finished": (gettext_lazy("Your deployment of %(model)s to %(endpoint)s finished."), "", "success"),
    "changed-outside": (gettext_lazy("%(endpoint)s was changed outside this app."), "", "warning"),
    "deleted-outside": (gettext_lazy("%(endpoint)s was deleted outside this app."), "", "danger"),
    "base-answers": (
        gettext_lazy("The base model answers for %(endpoint)s, not its custom model."),
        gettext_lazy("The base model was no longer found to answer for %(endpoint)s."),
        "danger",
    ),
    "unreachable": (
        gettext_lazy("Speech resource %(resource)s can't be reached, or refuses its key."),
        gettext_lazy("Speech resource %(resource)s is connected again."),
        "danger",
    ),
    "web-hook": (
        gettext_lazy("The web hook of Speech resource %(resource)s doesn't work. The service is polled instead."),
        gettext_lazy("The web hook of Speech resource %(resource)s works again."),
        "warning",
    ),
    "logs-expire": (
        gettext_lazy("Azure is about to delete content logs of %(endpoint)s that aren't saved: %(number)s entries."),
        gettext_lazy("No unsaved content logs of %(endpoint)s are about to be deleted anymore."),
        "warning",
    ),
    "logs-lost": (
        gettext_lazy("Azure deleted content logs of %(endpoint)s before they were saved: %(number)s files of %(day)s."),
        "",
        "danger",
    ),
    "quota": (
        gettext_lazy("Speech resource %(resource)s has %(number)s of %(most)s endpoints."),
        gettext_lazy("Speech resource %(resource)s has room for endpoints again."),
        "warning",
    ),
    "disk": (
        gettext_lazy("The disk of this app is nearly full: %(percent)s%% are free."),
        gettext_lazy("The disk of this app has room again."),
        "danger",
    ),
    "channel": (
        gettext_lazy("Alerts can't be delivered to the channel %(channel)s."),
        gettext_lazy("Alerts are delivered to the channel %(channel)s again."),
        "danger",
    ),
}


def level(rule: str) -> str:
    return "warning" if rule not in _SENTENCES else _SENTENCES[rule][2]


def sentence(rule: str, facts: dict[str, Any], *, recovered: bool) -> str:
    template, words = parts(rule, facts, recovered=recovered)
    return template % words


def parts(rule: str, facts: dict[str, Any], *, recovered: bool) -> tuple[str, dict[str, str]]:
    """The sentence with placeholders, and their values. A rule of a newer version is named; a missing fact is empty."""
    known = dict.fromkeys(("endpoint", "resource", "model", "channel", "number", "most", "percent", "day"), "")
    words = known | {name: _shown(name, value) for name, value in facts.items()}
    if rule == "model-expires":
        return _expires(int(facts["days"]), recovered=recovered), words
    raised, over, _level = _SENTENCES.get(str(facts.get("kind") or rule), (rule, rule, ""))
    return str(over if recovered else raised), words


def topic(rule: str, facts: dict[str, Any]) -> tuple[Any, ...]:
    """What two alerts have in common that differ in their endpoint only."""
    return (rule, *sorted((name, str(value)) for name, value in facts.items() if name not in ("endpoint", "number")))


def _expires(days: int, *, recovered: bool) -> str:
    if recovered:
        return _("%(endpoint)s no longer uses a model that expires soon.")
    if days == 0:
        return _(
            "The model %(model)s of %(endpoint)s has expired: the service uses the newest base model for %(locale)s."
        )
    return ngettext(
        "The model %(model)s of %(endpoint)s expires in %(days)s day or less, on %(day)s.",
        "The model %(model)s of %(endpoint)s expires in %(days)s days or less, on %(day)s.",
        days,
    )


def _shown(name: str, value: Any) -> str:
    day = parse_date(str(value)) if name == "day" else None
    return times.day(day) if day else str(value)
