"""The models that a form offers: the first of a long list, and a search in it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, When, Window
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.models.model import SpeechModel, SpeechModelQuerySet
from endpoints.models.numbers import grouped
from endpoints.models.search import uuid_in
from endpoints.pages.names import places

SHOWN = 50
LONGEST_SEARCH = 200


@dataclass(frozen=True)
class ModelChoices:
    """`shown`: the first models found; `chosen_elsewhere`: the chosen one when it is not among them."""

    words: str
    shown: list[SpeechModel]
    chosen_elsewhere: SpeechModel | None
    found: int

    @property
    def chosen(self) -> SpeechModel | None:
        return self.chosen_elsewhere or next((model for model in self.shown if model.chosen), None)

    @property
    def count_words(self) -> str:
        found = grouped(self.found)
        if self.found > SHOWN:
            words = {"shown": SHOWN, "found": found}
            return _("Showing the first %(shown)s of %(found)s models. Search to find others.") % words
        if self.words:
            return ngettext("%(found)s model found", "%(found)s models found", self.found) % {"found": found}
        return ngettext("%(found)s model", "%(found)s models", self.found) % {"found": found}


def model_choices(models: SpeechModelQuerySet, words: str, chosen: str) -> ModelChoices:
    """Custom before base, newest first, those that cannot be chosen at the end."""
    words = words.replace("\0", "").strip()[:LONGEST_SEARCH]
    found = models.search(words)
    usable = Case(When(pk__in=models.deployable().order_by().values("pk"), then=0), default=1)
    counted = found.annotate(found=Window(Count("pk")))
    counted = counted.select_related("resource", "project")
    shown: list[Any] = list(counted.order_by(usable, "-kind", "-created_at", "display_name", "pk")[:SHOWN])
    pk = uuid_in(chosen)
    others = models.select_related("resource", "project").exclude(pk__in=[model.pk for model in shown])
    elsewhere = others.filter(pk=pk).first() if pk else None
    offered = [*shown, *([elsewhere] if elsewhere else [])]
    where = places(offered)
    for model in offered:
        model.chosen = model.pk == pk
        model.where = where.get(model.pk, "")
    return ModelChoices(words, shown, elsewhere, shown[0].found if shown else 0)
