"""The sentence of an event: that of its verb, or of a special case that reads better."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from endpoints.models import times
from endpoints.models.numbers import grouped
from endpoints.models.status import ChangeKind
from endpoints.models.verbs import WORDS, Verb

if TYPE_CHECKING:
    from endpoints.models.event import Event

PRODUCT = "Speech Studio"
MISSING = "…"
# Placeholders whose values are names of people and of things, or a verb of a newer version; the others are our words.
NAMES = frozenset(
    (
        *("actor", "person", "group", "project", "endpoint", "resource", "model", "old", "view", "channel", "address"),
        *("entry", "search", "verb", "token", "by_token"),
    )
)

CREATE, MODEL, DELETE = ChangeKind.CREATE.value, ChangeKind.CHANGE_MODEL.value, ChangeKind.DELETE.value
_LOGGING_ON = _("%(actor)s requested content logging for %(endpoint)s")
_LOGGING_OFF = _("%(actor)s requested to turn off content logging for %(endpoint)s")
_OF_KIND = {
    (Verb.CANCELED, CREATE): _("%(actor)s canceled the deployment of %(endpoint)s before it started"),
    (Verb.CANCELED, MODEL): _("%(actor)s canceled the model change of %(endpoint)s before it started"),
    (Verb.CANCELED, DELETE): _("%(actor)s canceled the deletion of %(endpoint)s before it started"),
    (Verb.DEPLOYED, CREATE): _("%(model)s was deployed as %(endpoint)s"),
    (Verb.DEPLOYED, MODEL): _("Model of %(endpoint)s changed to %(model)s"),
    (Verb.REFUSED, CREATE): _("The deployment of %(endpoint)s was refused"),
    (Verb.REFUSED, MODEL): _("The model change of %(endpoint)s was refused"),
    (Verb.REFUSED, DELETE): _("The deletion of %(endpoint)s was refused"),
    (Verb.FAILED, CREATE): _("The deployment of %(endpoint)s failed"),
    (Verb.FAILED, MODEL): _("The model change of %(endpoint)s to %(model)s failed"),
    (Verb.FAILED, DELETE): _("The deletion of %(endpoint)s failed"),
    (Verb.UNDECIDED, CREATE): _("The deployment of %(endpoint)s needs a decision"),
    (Verb.UNDECIDED, MODEL): _("The model change of %(endpoint)s needs a decision"),
    (Verb.UNDECIDED, DELETE): _("The deletion of %(endpoint)s needs a decision"),
    (Verb.TOOK_EFFECT, CREATE): _("The deployment of %(endpoint)s took effect after all: %(what)s"),
    (Verb.TOOK_EFFECT, MODEL): _("The model change of %(endpoint)s took effect after all: %(what)s"),
    (Verb.TOOK_EFFECT, DELETE): _("The deletion of %(endpoint)s took effect after all"),
}
_OF_BULK = {
    "change-model": _("%(actor)s requested a model change of %(endpoints)s to %(model)s"),
    "logging-on": _("%(actor)s requested content logging for %(endpoints)s"),
    "logging-off": _("%(actor)s requested to turn off content logging for %(endpoints)s"),
    "delete": _("%(actor)s requested the deletion of %(endpoints)s"),
}
_OF_RESOURCE = {
    Verb.ROLE_GIVEN: _("%(actor)s gave %(person)s the role %(role)s for the Speech resource %(resource)s"),
    Verb.ROLE_TAKEN: _("%(actor)s took the role %(role)s for the Speech resource %(resource)s from %(person)s"),
}
_OF_PROJECT = {
    Verb.ROLE_GIVEN: _("%(actor)s gave %(person)s the role %(role)s for the project %(project)s"),
    Verb.ROLE_TAKEN: _("%(actor)s took the role %(role)s for the project %(project)s from %(person)s"),
}
_WITHOUT_OLD = _("%(actor)s requested a model change of %(endpoint)s to %(model)s")
_WITHOUT_PERSON = _("The change of %(endpoint)s was canceled")
_SIGNED_IN = {
    "company": _("%(actor)s signed in with a company account"),
    "passkey": _("%(actor)s signed in with a passkey"),
    "break-glass": _("%(actor)s signed in with the break-glass account"),
}
_REFUSED = {
    "second-factor": _("A sign-in of %(actor)s was refused: wrong second factor"),
    "off": _("A sign-in of %(actor)s was refused: the account is turned off"),
    "company-only": _("A sign-in of %(actor)s was refused: only company accounts can sign in"),
    "service": _("A sign-in of %(actor)s was refused: it's a service account"),
    "throttled": _("Sign-ins of %(actor)s were refused for a minute: too many attempts"),
}
_REFUSED_TO_NOBODY = _("A sign-in was refused")
_THROTTLED_FOR_NOBODY = _("Sign-ins were refused for a minute: too many attempts")
_OF_FACTOR = {
    (Verb.FACTOR_ADDED, "totp"): _("%(actor)s set up an authenticator app"),
    (Verb.FACTOR_ADDED, "webauthn"): _("%(actor)s added a passkey"),
    (Verb.FACTOR_REMOVED, "totp"): _("%(actor)s removed their authenticator app"),
    (Verb.FACTOR_REMOVED, "webauthn"): _("%(actor)s removed a passkey"),
}
_ROLES_BY_GROUPS = _("The groups of %(person)s changed their roles")
_SEARCHED = _("%(actor)s read recognized text of %(endpoint)s, search “%(search)s”: %(what)s")
_MODEL_OUTSIDE = _("Model of %(endpoint)s changed outside this app from %(old)s to %(model)s")


@dataclass(frozen=True)
class Sentence:
    """`template` has placeholders like %(endpoint)s, whose values are in `values`; NAMES says which are names."""

    template: str
    values: dict[str, str]

    @property
    def text(self) -> str:
        return self.template % self.values


def sentence_of(event: Event) -> Sentence:
    """In the active language. A missing fact is shown as "…", a verb of a newer version as it is stored."""
    values = _WithEllipsis({name: str(value) for name, value in event.facts.items() if isinstance(value, str | int)})
    values |= _words(event)
    values["actor"] = event.actor_name or PRODUCT
    values.setdefault("person", gettext("deleted user"))
    if event.actor_id == 0:
        values["actor"] = gettext("deleted user")
    values["endpoint"] = event.endpoint_name or str(event.facts.get("to") or MISSING)
    values["resource"] = event.resource_name or MISSING
    values["verb"] = event.verb
    template = _template(event, values)
    if "by_token" in event.facts:
        template = gettext("{sentence} (by token %(by_token)s)").replace("{sentence}", template)
    return Sentence(template, values)


def _template(event: Event, values: dict[str, str]) -> str:
    if event.verb not in Verb.values:
        subject = next((name for name in ("actor_name", "endpoint_name", "resource_name") if getattr(event, name)), "")
        named = {"actor_name": "%(actor)s: ", "endpoint_name": "%(endpoint)s: ", "resource_name": "%(resource)s: "}
        return named.get(subject, "") + "%(verb)s"
    verb = Verb(event.verb)
    return str(_special(event, verb, values) or _OF_KIND.get((verb, event.change_kind), verb.label))


def _special(event: Event, verb: Verb, values: dict[str, str]) -> Any:
    fields = {one["field"]: one for one in event.facts.get("fields", [])}
    if verb == Verb.TEXT_READ and event.facts.get("search"):
        return _SEARCHED
    if verb == Verb.REQUESTED_BULK:
        return _OF_BULK.get(str(event.facts.get("action")))
    if verb == Verb.REQUESTED_CHANGE_MODEL and not event.facts.get("old"):
        return _WITHOUT_OLD
    if verb == Verb.REQUESTED_EDIT and [*fields] == ["logging_enabled"]:
        return _LOGGING_ON if fields["logging_enabled"]["new"] == "on" else _LOGGING_OFF
    if verb == Verb.CHANGED_OUTSIDE and [*fields] == ["model"]:
        values |= {"old": fields["model"]["old"] or MISSING, "model": fields["model"]["new"] or MISSING}
        return _MODEL_OUTSIDE
    if verb in _OF_PROJECT and (event.facts.get("project") or event.resource_id):
        return (_OF_PROJECT if event.facts.get("project") else _OF_RESOURCE)[verb]
    if verb in (Verb.FACTOR_ADDED, Verb.FACTOR_REMOVED):
        return _OF_FACTOR.get((verb, str(event.facts.get("factor"))))
    if verb == Verb.SIGNED_IN:
        return _SIGNED_IN.get(str(event.facts.get("how")))
    if verb == Verb.SIGN_IN_REFUSED:
        return _refusal(str(event.facts.get("why")), known=bool(event.actor_name))
    if verb == Verb.ROLES_CHANGED and not event.actor_name:
        return _ROLES_BY_GROUPS
    return _WITHOUT_PERSON if verb == Verb.CANCELED and not event.actor_name else None


def _refusal(why: str, *, known: bool) -> Any:
    if known:
        return _REFUSED.get(why)
    return _THROTTLED_FOR_NOBODY if why == "throttled" else _REFUSED_TO_NOBODY


def _words(event: Event) -> dict[str, str]:
    """The values that are words of ours, in the active language."""
    facts = event.facts
    words = {}
    if changed := {entry["field"] for entry in facts.get("fields", [])}:
        words["what"] = ", ".join(str(word) for name, word in WORDS.items() if name in changed)
    elif "keep" in facts:
        words["what"] = _kept(facts["keep"], facts.get("every_hours", 0), facts.get("retention_days"))
    elif "entries" in facts or "until" in facts:
        words["what"] = entries_in_words(str(facts.get("until") or ""), int(facts.get("entries") or 0))
        if facts.get("filters"):
            words["what"] = gettext("%(entries)s, filtered") % {"entries": words["what"]}
    elif isinstance(most := facts.get("more_than"), int):
        words["what"] = gettext("more than %(count)s different searches within 15 minutes") % {"count": grouped(most)}
    elif (stored := facts.get("what")) and event.verb in (Verb.REQUESTED_BULK, Verb.TOOK_EFFECT):
        words["what"] = gettext(str(stored))  # earlier versions stored the label
    if event.verb in _OF_PROJECT and (group := facts.get("group")):
        words["person"] = gettext("the group %(name)s") % {"name": group}
    if isinstance(count := facts.get("count"), int):
        words["endpoints"] = ngettext("%(count)s endpoint", "%(count)s endpoints", count) % {"count": grouped(count)}
    if isinstance(events := facts.get("events"), int):
        words["events"] = ngettext("%(count)s event", "%(count)s events", events) % {"count": grouped(events)}
    if event.verb == Verb.BACKED_UP:
        rows = int(facts.get("rows") or 0)
        words["number"] = ngettext("%(count)s row", "%(count)s rows", rows) % {"count": grouped(rows)}
    elif event.verb == Verb.RESTORED and (at := parse_datetime(str(facts.get("time")))):
        words["time"] = times.zoned(at)
    elif isinstance(files := facts.get("files"), int):
        words["number"] = ngettext("%(count)s file", "%(count)s files", files) % {"count": grouped(files)}
    return words


def entries_in_words(until: str, entries: int) -> str:
    """What of the content logs an event is about. `until`: a day in ISO format, empty for single entries."""
    if until:
        return gettext("everything up to %(day)s (UTC)") % {"day": until}
    return ngettext("%(count)s entry", "%(count)s entries", entries) % {"count": grouped(entries)}


def _kept(keep: bool, hours: int, days: int | None) -> str:
    if keep:
        words = ngettext(
            "saved automatically, checked every hour", "saved automatically, checked every %(hours)s hours", hours
        )
        kept = words % {"hours": hours}
    else:
        kept = gettext("not saved automatically")
    if not days:
        stay = gettext("copies are kept forever")
    else:
        stay = ngettext("copies are kept for %(days)s day", "copies are kept for %(days)s days", days) % {"days": days}
    return f"{kept}; {stay}"


class _WithEllipsis(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return MISSING
