"""Two models side by side: what differs, and whether the new one expires earlier."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.models.model import SpeechModel


@dataclass(frozen=True)
class Comparison:
    """The model that an endpoint has (None: the service does not say) and one that it could have."""

    current: SpeechModel | None
    new: SpeechModel

    @property
    def differs(self) -> dict[str, str]:
        """The facts that differ, each with the words of its badge; names are not compared."""
        if self.current is None:
            return {}
        now, then = facts(self.current), facts(self.new)
        badges = {name: _("Differs") for name in now if now[name] != then[name]}
        if "expiration" in badges:
            badges["expiration"] = self._lasts() or badges["expiration"]
        return badges

    @property
    def sentence(self) -> str:
        """The comparison for a screen reader: how many facts differ, and what that means."""
        count, named = len(self.differs), {"name": self.new.display_name}
        words = ngettext("%(name)s: %(count)s difference.", "%(name)s: %(count)s differences.", count)
        return f"{words % {**named, 'count': count}} {self.earlier_end}".strip()

    @property
    def earlier_end(self) -> str:
        """In words when the new model ends earlier than the current one, or soon; otherwise empty."""
        days, expiration = self.days_lost, self.new.expiration
        if days:
            words = ngettext(
                "It expires %(days)s day earlier than the current model.",
                "It expires %(days)s days earlier than the current model.",
                days,
            )
            return words % {"days": days}
        if expiration and expiration.level in ("soon", "near"):
            return _("It expires soon: %(words)s.") % {"words": expiration.words}
        return ""

    @property
    def days_lost(self) -> int:
        """By how many days the new model expires earlier; 0 when it does not, or when that is unknown."""
        return max(-(self._days_more or 0), 0)

    @property
    def _days_more(self) -> int | None:
        """By how many days the new model lasts longer; None when one of them has no date."""
        if self.current is None or self.current.expires_at is None or self.new.expires_at is None:
            return None
        return (self.new.expires_at.date() - self.current.expires_at.date()).days

    def _lasts(self) -> str:
        days = self._days_more
        if not days:
            return ""
        if days > 0:
            return ngettext("Differs: %(days)s day later", "Differs: %(days)s days later", days) % {"days": days}
        return ngettext("Differs: %(days)s day earlier", "Differs: %(days)s days earlier", -days) % {"days": -days}


def facts(model: SpeechModel) -> dict[str, object]:
    """What is compared of a model, by the names of the rows that show it."""
    return {
        "kind": model.kind,
        "base_model": model.base_model_id,
        "expiration": model.expires_at,
        "created": model.created_at,
        "description": model.description,
        "datasets": {one["id"] for one in model.datasets},
    }
