import re

from django import template

register = template.Library()
# Explicit directional formatting (Unicode Standard Annex 9): embeddings, overrides, isolates and their ends.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


@register.filter
def visible(text: str) -> str:
    """A name as pages show it: characters that turn the text around them are shown as a box instead.

    So that a name cannot pretend to be another one. Letters that are written from right to left stay as they are.
    """
    return _DIRECTIONS.sub("\u25a1", text)
