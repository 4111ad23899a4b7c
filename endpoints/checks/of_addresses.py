"""A system check of where programs ask addresses."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

ASKED = ("speech", "stt")  # the paths of addresses begin with them (addresses.resolving.question)


@register()
def the_path_prefix_is_not_that_of_addresses(**_: Any) -> list[CheckMessage]:
    """Behind a proxy that removes the prefix /speech, /speech/NAME could be an address or a page."""
    first = settings.SCRIPT_NAME.lstrip("/").partition("/")[0]
    if first not in ASKED:
        return []
    hint = "Choose another one, such as /studio: otherwise it depends on the proxy whether programs reach addresses."
    return [Warning(f"SCRIPT_NAME begins with /{first}, as addresses do.", hint=hint, id="endpoints.W043")]
