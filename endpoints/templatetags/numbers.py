from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(number: float) -> str:
    """A number with separators of thousands, as the language writes them."""
    return str(number_format(number, force_grouping=True))
