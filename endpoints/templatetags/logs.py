from datetime import timedelta
from itertools import chain

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from endpoints.models.search_words import spans

register = template.Library()

SEARCHED = 50_000  # characters of a text in which a list looks for what was searched: an hour of speech
SHOWN = 400  # characters of a text in a list
BEFORE = 60  # characters in front of what was searched, where it is far behind the beginning


@register.filter
def around(text: str, search: str) -> list[tuple[str, bool]]:
    """A text as a list shows it, near the first of the words that were searched, in pieces; whether each is such."""
    found = spans(text[:SEARCHED], search) if search else iter(())
    begun = next(found, None)
    start = 0
    if begun and begun[0] > 2 * BEFORE:
        near = begun[0] - BEFORE
        start = text.rfind(" ", near - BEFORE, near) + 1 or near
    end, at = min(start + SHOWN, len(text)), start
    pieces = [("… ", False)] if start else []
    for first, last in chain([begun] if begun else [], found):
        if first >= end:
            break
        pieces += [(text[at:first], False), (text[first : min(last, end)], True)]
        at = min(last, end)
    pieces += [(text[at:end], False)]
    return [piece for piece in pieces if piece[0]] + ([("…", False)] if end < len(text) else [])


@register.filter
def clock(span: timedelta) -> str:
    """How long a recording is: 4.2 s, 1:05, 1:02:03."""
    seconds = span.total_seconds()
    if seconds < 59.95:
        return _("%(seconds)s s") % {"seconds": number_format(seconds, 1)}
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def point(seconds: float) -> str:
    """A moment as programs write it, in any language."""
    return f"{seconds:.3f}"
