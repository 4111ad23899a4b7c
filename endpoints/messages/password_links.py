"""E-mail with a link to set a password."""

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from endpoints.access import door

log = logging.getLogger(__name__)


def send(person: User, link: str) -> bool:
    """Whether it was sent: not without a mail server or an address."""
    if not settings.MAIL or not person.email:
        return False
    chosen = door.preferences(person).first()
    with translation.override(chosen.language if chosen and chosen.language else settings.LANGUAGE_CODE):
        text = _("Open this link to set your password for Speech Studio. Your username is %(name)s.")
        valid = _("The link is valid for three days and works once.")
        body = f"{text % {'name': person.get_username()}}\n\n{link}\n\n{valid}\n"
        message = EmailMessage(_("Set your password for Speech Studio"), body, to=[person.email])
    try:
        message.send()
    except (OSError, ValueError) as error:  # smtplib raises subclasses of OSError, whose text can contain the address
        log.warning("The e-mail with a password link was not sent: %s", type(error).__name__)
        return False
    return True
