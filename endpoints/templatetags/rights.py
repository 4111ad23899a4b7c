from typing import Any

from django import template
from django.db.models import Model
from django.template.context import Context

from endpoints.access.permissions import allows

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: Context, right: str, on: Model) -> bool:
    """{% may "read_logs" endpoint as may_read_logs %}: whether the reader has the right for this row."""
    user: Any = context.get("user")
    return bool(user) and allows(user, right, on)
