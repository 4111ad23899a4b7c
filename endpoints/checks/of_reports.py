"""System checks of the settings that tell people of errors, or send traces."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from speechstudio import tracing


@register()
def admins_get_mail(**_: Any) -> list[CheckMessage]:
    try:
        for admin in settings.ADMINS:
            validate_email(admin[1])
    except ValidationError:
        hint = "Give addresses such as ops@example.com, and commas between them."
        return [Error("ADMINS holds something else than e-mail addresses.", hint=hint, id="endpoints.E040")]
    if settings.ADMINS and not settings.MAIL:
        hint = "Set EMAIL_URL."
        return [Warning("ADMINS is set, but no mail server to tell them of errors.", hint=hint, id="endpoints.W041")]
    return []


@register()
def traces_can_be_sent(**_: Any) -> list[CheckMessage]:
    if not settings.OTEL_EXPORTER_OTLP_ENDPOINT or tracing.installed():
        return []
    return [
        Warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but OpenTelemetry isn't installed, so no traces are sent.",
            hint=f"Run .venv/bin/python -m pip install {' '.join(tracing.PACKAGES)}",
            id="endpoints.W042",
        )
    ]
