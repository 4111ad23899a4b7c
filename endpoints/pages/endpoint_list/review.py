"""What the review of a bulk action says: each endpoint's models with their expirations, and what is lost."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.changes.bulk import Action, Item
from endpoints.models import SpeechModel, times
from endpoints.models.model import ModelKind
from endpoints.models.numbers import grouped
from endpoints.pages.model_list.comparison import Comparison
from endpoints.pages.names import places


@dataclass(frozen=True)
class Row:
    """An endpoint, the model that serves it now, and what a change of model would cost it."""

    item: Item
    current: SpeechModel | None
    comparison: Comparison | None
    where: str  # what tells the endpoint from others of the same name

    @property
    def days_lost(self) -> int:
        return self.comparison.days_lost if self.comparison else 0

    @property
    def loses_adaptation(self) -> bool:
        """A custom model gives way to a base model; in place of an expired one, a base model answers already."""
        if self.comparison is None or self.current is None or self.comparison.new.kind != ModelKind.BASE:
            return False
        expired = self.current.expiration and self.current.expiration.level == "expired"
        return self.current.kind == ModelKind.CUSTOM and not expired

    @property
    def warnings(self) -> list[str]:
        """What is lost, in short sentences."""
        found = []
        if days := self.days_lost:
            words = ngettext("Expires %(days)s day earlier", "Expires %(days)s days earlier", days)
            found.append(words % {"days": grouped(days)})
        if self.loses_adaptation:
            found.append(_("Loses the adaptation of the custom model"))
        return found


def rows(items: Iterable[Item], model: SpeechModel | None) -> list[Row]:
    """Those with warnings first, those that are skipped last; otherwise in the order of `items`."""
    items = list(items)
    where, found = places([item.endpoint for item in items]), []
    for item in items:
        current = item.endpoint.serving_model
        comparison = Comparison(current, model) if model and not item.why else None
        found.append(Row(item, current, comparison, where.get(item.endpoint.pk, "")))
    return sorted(found, key=lambda row: (bool(row.item.why), not row.warnings))


def losses(rows: list[Row], model: SpeechModel | None) -> list[str]:
    """The warnings of all rows, summed; and what is the same for all of them."""
    found = []
    if count := sum(bool(row.days_lost) for row in rows):
        words = ngettext(
            "%(count)s endpoint would lose days: the new model expires earlier than its current model.",
            "%(count)s endpoints would lose days: the new model expires earlier than their current models.",
            count,
        )
        found.append(words % {"count": count})
    if count := sum(row.loses_adaptation for row in rows):
        words = ngettext(
            "%(count)s endpoint would change from a custom model to a base model, without its training data.",
            "%(count)s endpoints would change from custom models to a base model, without their training data.",
            count,
        )
        found.append(words % {"count": count})
    if model and model.expiration and model.expiration.level in ("soon", "near"):
        found.append(_("The new model expires soon: %(words)s.") % {"words": model.expiration.words})
    if model and model.adaptation_expires_at and model.adaptation_over:
        date = {"date": times.day(model.adaptation_expires_at)}
        found.append(_("The new model's adaptation ended on %(date)s: no custom model can be trained from it.") % date)
    return found


def summary(action: Action, count: int) -> str:
    if action == Action.DELETE:
        words = ngettext("%(count)s endpoint will be deleted", "%(count)s endpoints will be deleted", count)
    else:
        words = ngettext("%(count)s endpoint will be changed", "%(count)s endpoints will be changed", count)
    return words % {"count": grouped(count)}


def button(action: Action, count: int) -> str:
    """What the button does, and to how many."""
    match action:
        case Action.CHANGE_MODEL:
            words = ngettext("Change model of %(count)s endpoint", "Change model of %(count)s endpoints", count)
        case Action.LOGGING_ON:
            words = ngettext(
                "Turn on content logging for %(count)s endpoint",
                "Turn on content logging for %(count)s endpoints",
                count,
            )
        case Action.LOGGING_OFF:
            words = ngettext(
                "Turn off content logging for %(count)s endpoint",
                "Turn off content logging for %(count)s endpoints",
                count,
            )
        case Action.DELETE:
            words = ngettext("Delete %(count)s endpoint", "Delete %(count)s endpoints", count)
    return words % {"count": grouped(count)}
