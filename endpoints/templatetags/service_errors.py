from django import template

from endpoints.models import service_errors

register = template.Library()


@register.simple_tag
def in_words(stored: str) -> str:
    """A stored error in the language of the reader; it also fits where an error is empty."""
    return service_errors.in_words(stored)
