"""What became of an attempt to send a message with alerts."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

UNREACHABLE, TIMEOUT, REFUSED, REDIRECT, CLOSED, CERTIFICATE, INVALID, NO_MAIL, NO_ADDRESS, SECRET = (
    *("unreachable", "timeout", "refused", "redirect", "closed", "certificate", "invalid", "no-mail", "no-address"),
    "secret",
)
WORDS: dict[str, Any] = {
    "": _("Delivered"),
    UNREACHABLE: _("The address can't be reached. Check it, and the firewall."),
    TIMEOUT: _("The address didn't respond in time."),
    REFUSED: _("The address refused the message. Check the address and its token."),
    REDIRECT: _("The address redirects to another one, which isn't followed. Enter the other address."),
    CLOSED: _("The address is in a private network that isn't listed in the PRIVATE_NETWORKS setting."),
    CERTIFICATE: _("The certificate of the address isn't trusted. Check CA_FILE."),
    INVALID: _("The address isn't valid for this service."),
    NO_MAIL: _("No mail server is set up. Set EMAIL_URL."),
    NO_ADDRESS: _("The account doesn't have an e-mail address."),
    SECRET: _("The address can't be decrypted. Enter it again."),
}


@dataclass(frozen=True)
class Outcome:
    """`problem`: one of the codes above, empty when it was delivered. status: of HTTP. retry_after: seconds."""

    problem: str = ""
    status: int | None = None
    retry_after: float | None = None

    @property
    def delivered(self) -> bool:
        return not self.problem


def in_words(problem: str, status: object = None) -> str:
    """A stored code as a sentence in the active language."""
    words = str(WORDS.get(problem, problem))
    return f"{words} (HTTP {status})" if status and problem else words
