"""Where Azure's documentation says more; without a language in the address it answers in the reader's."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SERVICE = "https://learn.microsoft.com/azure/ai-services/speech-service"


@dataclass(frozen=True)
class Page:
    url: str
    label: str | Promise


# By the part of the endpoint's page that links to them.
PAGES = {
    "overview": [
        Page(f"{SERVICE}/how-to-custom-speech-deploy-model", _("Deploy a custom speech model")),
        Page(f"{SERVICE}/how-to-custom-speech-model-and-endpoint-lifecycle", _("Model lifecycle")),
        Page(f"{SERVICE}/rest-speech-to-text", _("Speech to text REST API")),
    ],
    "sample_code": [
        Page(f"{SERVICE}/how-to-recognize-speech", _("Recognize speech")),
        Page(f"{SERVICE}/rest-speech-to-text-short", _("REST API for short audio")),
        Page(f"{SERVICE}/spx-overview", _("Speech CLI")),
    ],
    "private_endpoint": [Page(f"{SERVICE}/speech-services-private-link", _("Private endpoints"))],
    "logging": [Page(f"{SERVICE}/logging-audio-transcription", _("Log audio and transcriptions"))],
}
