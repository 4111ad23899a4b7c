"""Mail over SMTP, by the same rules as all other connections; no HTTP proxy carries it."""

import ssl
from typing import Any

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property

from endpoints.azure.guard import guarded
from endpoints.azure.network import Network


class Mail(EmailBackend):
    """Django's own, with the certificate authorities of CA_FILE; it connects to the server of EMAIL_URL only."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._network = Network(**settings.NETWORK)

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._network.ca_file or None)

    def open(self) -> bool | None:
        with guarded(self._network, self.host):
            return super().open()
