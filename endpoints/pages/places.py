"""The pages that a person can go to from anywhere, with the keys that lead to them: the shortcuts and the search."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from endpoints.access.permissions import Person, allows


@dataclass(frozen=True)
class Place:
    """`keys`: pressed one after the other. `permission`: empty when everybody who has signed in may go there."""

    label: str | Promise
    icon: str
    keys: str
    name: str
    permission: str = "view_endpoint"

    @property
    def url(self) -> str:
        return reverse(f"endpoints:{self.name}")


PAGES = (
    Place(_("Deploy models"), "deploy", "g l", "list"),
    Place(_("Models"), "model", "g m", "models"),
    Place(_("Addresses"), "address", "g t", "addresses"),
    Place(pgettext_lazy("menu", "Content logs"), "log", "g c", "all-logs", permission="read_logs"),
    Place(_("Downloads"), "download", "g d", "downloads", permission="read_logs"),
    Place(_("Alerts"), "bell", "g n", "alerts"),
    Place(_("Activity"), "activity", "g a", "activity"),
    Place(_("Resources"), "resource", "g r", "resources", permission="manage_resources"),
    Place(_("People"), "person", "g p", "people", permission="manage_people"),
    Place(_("Settings"), "settings", "g s", "settings", permission=""),
    Place(_("Help"), "help", "g h", "help", permission=""),
    Place(_("Keyboard shortcuts"), "keyboard", "?", "shortcuts"),
)
ACTIONS = (
    Place(_("Deploy model"), "add", "n", "new", permission="deploy_model"),
    Place(_("Add an address"), "add", "", "address-new", permission="deploy_model"),
    Place(_("Add a Speech resource"), "add", "", "resource-new", permission="add_resource"),
    Place(_("Invite person"), "add", "", "invite", permission="manage_people"),
    Place(_("Export the endpoints"), "download", "", "export"),
    Place(_("Saved views"), "eye", "", "views"),
)


def open_to(person: Person, places: tuple[Place, ...]) -> list[Place]:
    """Those that this person may go to."""
    return [place for place in places if not place.permission or allows(person, place.permission)]
