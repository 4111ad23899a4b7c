"""Items that the service lists and that cannot be read, in words."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

# The reasons that endpoints.azure gives.
REASONS = (
    gettext_noop("it isn't an object"),
    gettext_noop("`self` is missing"),
    gettext_noop("`self` isn't a text value"),
    gettext_noop("`self` doesn't contain an ID"),
)
OF_THE_LIST = (
    gettext_noop("the list is null"),
    gettext_noop("the link to the next page isn't a text value"),
)
STATUS = gettext_noop("`status` isn't valid")
NAMELESS = {
    "endpoints": gettext_noop("An endpoint"),
    "models": gettext_noop("A model"),
    "projects": gettext_noop("A project"),
    "logs": gettext_noop("A content log"),
}
LISTS = {
    "endpoints": gettext_noop("The list of endpoints"),
    "models": gettext_noop("The list of models"),
    "projects": gettext_noop("The list of projects"),
    "logs": gettext_noop("The list of content logs"),
}


@dataclass(frozen=True)
class ListingProblem:
    """One item of a listing, or the listing itself. `kind`: endpoints, models, projects or logs.

    `row`: whether a row of ours shows it. `whole`: the service refused the listing.
    """

    kind: str
    name: str
    reason: str
    row: bool = False
    whole: bool = False

    @property
    def words(self) -> str:
        whole = self.whole or self.reason in OF_THE_LIST
        name = self.name or _((LISTS if whole else NAMELESS)[self.kind])
        return _("%(name)s can't be read: %(reason)s.") % {"name": name, "reason": _(self.reason)}
