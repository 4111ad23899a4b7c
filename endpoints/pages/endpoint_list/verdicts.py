"""Which model answers, and how well: words of columns and filters of the list, for verdicts of probes and logs."""

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from endpoints.models.probe import Verdict
from endpoints.models.quality import SILENT, SILENT_DAYS, QualityVerdict

NONE = "none"  # in the place of a verdict: there is no probe
WORDS: dict[str, Promise | str] = {
    Verdict.CUSTOM.value: _("Custom model"),
    Verdict.BASE.value: _("Base model"),
    Verdict.CANNOT_TELL.value: _("Can't tell"),
    Verdict.NOT_LOGGED.value: _("Not logged"),
}
FILTER: dict[str, Promise | str] = {**WORDS, NONE: _("No probe")}
QUALITY: dict[str, Promise | str] = {
    QualityVerdict.WORSE.value: _("Worse"),
    SILENT: _("No speech"),
    QualityVerdict.BETTER.value: _("Better"),
    QualityVerdict.SAME.value: _("No change"),
}


def of_quality(word: str) -> Q:
    """The endpoints of which the list says this word of QUALITY."""
    silent = Q(quality__silent_days__gte=SILENT_DAYS)
    return silent if word == SILENT else Q(quality__verdict=word) & ~silent
