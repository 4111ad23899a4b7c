"""Scripts and style sheets, with which browsers refuse a file that isn't the one that was collected."""

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def script(name: str) -> SafeString:
    return format_html('<script src="{}"{}></script>', static(name), _integrity(name))


@register.simple_tag
def deferred_script(name: str) -> SafeString:
    return format_html('<script defer src="{}"{}></script>', static(name), _integrity(name))


@register.simple_tag
def style_sheet(name: str) -> SafeString:
    return format_html('<link rel="stylesheet" href="{}"{}>', static(name), _integrity(name))


def _integrity(name: str) -> SafeString | str:
    """Nothing with a storage that computes none, as in tests."""
    value = getattr(staticfiles_storage, "integrity", {}).get(name)
    return format_html(' integrity="{}"', value) if value else ""
