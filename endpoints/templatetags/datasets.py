from typing import Any

from django import template

register = template.Library()


@register.filter
def names(datasets: list[dict[str, Any]]) -> list[str]:
    """What data sets are called, as far as it is known."""
    return [one["name"] for one in datasets if one["name"]]
