"""E-mail to people: when a download that they requested is ready."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import allows
from endpoints.models import Download, site

log = logging.getLogger(__name__)


def download_ready(download: Download) -> None:
    """Notify the person who requested it, if they have an address and may still read logs. It contains no log data."""
    person = download.actor
    if not settings.MAIL or person is None or not (person.is_active and person.email):
        return
    if not allows(person, "read_logs", on=download.endpoint):
        return
    chosen = door.preferences(person).first()
    with translation.override(chosen.language if chosen and chosen.language else settings.LANGUAGE_CODE):
        message = EmailMessage(_("Your log download is ready"), _body(download), to=[person.email])
    try:
        message.send()
    except (OSError, ValueError) as error:  # smtplib raises subclasses of OSError, whose text can contain the address
        log.warning("The e-mail about the download %s was not sent: %s", download.pk, type(error).__name__)


def _body(download: Download) -> str:
    endpoint = " ".join(download.endpoint.display_name.split())
    sentence = _("The content logs that you requested for endpoint %(name)s are ready to download.") % {
        "name": endpoint
    }
    where = site.address(reverse("endpoints:downloads"))
    return f"{sentence}\n\n{where}\n" if where else f"{sentence}\n"
