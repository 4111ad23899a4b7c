"""Which model answers, in the column and the filter of the list: short words for the verdicts of probes."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from endpoints.models.probe import Verdict

NONE = "none"  # in the place of a verdict: there is no probe
WORDS: dict[str, Promise | str] = {
    Verdict.CUSTOM.value: _("Custom model"),
    Verdict.BASE.value: _("Base model"),
    Verdict.CANNOT_TELL.value: _("Can't tell"),
    Verdict.NOT_LOGGED.value: _("Not logged"),
}
FILTER: dict[str, Promise | str] = {**WORDS, NONE: _("No probe")}
