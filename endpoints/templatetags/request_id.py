"""The id of the request that is being answered, which a person can tell whoever runs the installation."""

from django import template
from structlog.contextvars import get_contextvars

register = template.Library()


@register.simple_tag
def request_id() -> str:
    """As RequestLines has bound it; pages of errors have no context to take it from."""
    return str(get_contextvars().get("request_id", ""))
