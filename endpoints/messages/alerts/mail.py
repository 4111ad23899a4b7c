"""A message with alerts by e-mail, through the server of EMAIL_URL."""

from django.conf import settings
from django.core.mail import EmailMessage

from endpoints.messages.alerts.outcome import NO_ADDRESS, NO_MAIL, REFUSED, UNREACHABLE, Outcome
from endpoints.messages.alerts.text import Message


def send(message: Message, to: str) -> Outcome:
    if not settings.MAIL:
        return Outcome(NO_MAIL)
    if not to:
        return Outcome(NO_ADDRESS)
    headers = {"Message-ID": f"<{message.id}@speechstudio.invalid>", "Auto-Submitted": "auto-generated"}
    try:
        EmailMessage(message.subject, message.body, to=[to], headers=headers).send()
    except ValueError:
        return Outcome(REFUSED)
    except OSError as error:  # smtplib raises subclasses of OSError, whose text can contain the address
        return Outcome(REFUSED if getattr(error, "smtp_code", None) or hasattr(error, "recipients") else UNREACHABLE)
    return Outcome()
