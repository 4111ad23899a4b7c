"""Why somebody who manages people may not change an account."""

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from endpoints.access import people


def refusal_of(manager: User, account: User) -> str:
    """Why the manager may not change the account; "" when they may."""
    if account == manager:
        return _("This is your own account. Another person who manages people can change it.")
    if not people.may_change(manager, account):
        return _("Only a superuser can change the account of a superuser.")
    return ""
