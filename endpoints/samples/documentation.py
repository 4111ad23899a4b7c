"""Links to Azure's documentation, without a language, so that it is shown in the reader's language."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SERVICE = "https://learn.microsoft.com/azure/ai-services/speech-service"


@dataclass(frozen=True)
class DocumentationPage:
    url: str
    label: str | Promise


# By the section of the endpoint's page that links to them.
PAGES = {
    "overview": [
        DocumentationPage(f"{SERVICE}/how-to-custom-speech-deploy-model", _("Deploy a custom speech model")),
        DocumentationPage(f"{SERVICE}/how-to-custom-speech-model-and-endpoint-lifecycle", _("Model lifecycle")),
        DocumentationPage(f"{SERVICE}/rest-speech-to-text", _("Speech to text REST API")),
    ],
    "sample_code": [
        DocumentationPage(f"{SERVICE}/how-to-recognize-speech", _("Recognize speech")),
        DocumentationPage(f"{SERVICE}/rest-speech-to-text-short", _("REST API for short audio")),
        DocumentationPage(f"{SERVICE}/spx-overview", _("Speech CLI")),
    ],
    "private_endpoint": [DocumentationPage(f"{SERVICE}/speech-services-private-link", _("Private endpoints"))],
    "logging": [DocumentationPage(f"{SERVICE}/logging-audio-transcription", _("Log audio and transcriptions"))],
}
