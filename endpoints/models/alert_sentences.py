"""What an alert says, as a whole sentence, and that it is over; how urgent it is; what is told in one line."""

from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from endpoints.models import times

_ADDRESS_ANSWERS = gettext_lazy("The address %(address)s leads to an endpoint that can answer.")
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
    "quality": (
        gettext_lazy(
            "Recognition by %(endpoint)s is worse since its model changed to %(model)s: "
            "%(percent)s%% of the log entries have no result, %(percent_before)s%% before."
        ),
        gettext_lazy("Recognition by %(endpoint)s is no longer worse than before a change of the model."),
        "warning",
    ),
    "silent": (
        gettext_lazy("No speech has reached %(endpoint)s on %(number)s days since %(day)s that usually have some."),
        gettext_lazy("Speech reaches %(endpoint)s again."),
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
    "address-missing": (
        gettext_lazy("The address %(address)s leads to no endpoint: programs can't connect."),
        _ADDRESS_ANSWERS,
        "danger",
    ),
    "address-gone": (
        gettext_lazy("The address %(address)s leads to %(endpoint)s, which doesn't exist any more."),
        _ADDRESS_ANSWERS,
        "danger",
    ),
    "address-failed": (
        gettext_lazy("The address %(address)s leads to %(endpoint)s, whose deployment has failed."),
        _ADDRESS_ANSWERS,
        "danger",
    ),
    "address-unreachable": (
        gettext_lazy(
            "The address %(address)s leads to %(endpoint)s, whose Speech resource hasn't answered for 10 minutes."
        ),
        _ADDRESS_ANSWERS,
        "danger",
    ),
    "address-stood-in": (
        gettext_lazy(
            "The address %(address)s moved to its standby %(endpoint)s by itself because %(old)s couldn't be reached."
        ),
        "",
        "warning",
    ),
}


_FACTS = (
    *("endpoint", "resource", "model", "channel", "number", "most", "percent", "percent_before", "day"),
    *("address", "standby", "old"),
)


def level(rule: str) -> str:
    rule = "address-missing" if rule == "address" else rule  # all its kinds are as urgent
    return "warning" if rule not in _SENTENCES else _SENTENCES[rule][2]


def sentence(rule: str, facts: dict[str, Any], *, recovered: bool) -> str:
    template, words = parts(rule, facts, recovered=recovered)
    return template % words


def parts(rule: str, facts: dict[str, Any], *, recovered: bool) -> tuple[str, dict[str, str]]:
    """The sentence with placeholders, and their values. A rule of a newer version is named; a missing fact is empty."""
    known = dict.fromkeys(_FACTS, "")
    words = known | {name: _shown(name, value) for name, value in facts.items()}
    if rule == "model-expires":
        return _expires(int(facts["days"]), recovered=recovered), words
    raised, over, _level = _SENTENCES.get(str(facts.get("kind") or rule), (rule, rule, ""))
    if facts.get("standby"):
        raised = f"{raised} {_('Move it to its standby %(standby)s.')}"
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
