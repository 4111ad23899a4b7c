import re
from datetime import timedelta

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()

SHOWN = 400  # characters of a text in a list
BEFORE = 60  # characters in front of what was searched, where it is far behind the beginning


@register.filter
def around(text: str, search: str) -> list[tuple[str, bool]]:
    """A text as a list shows it, near the first of the words that were searched, in pieces; whether each is such."""
    words = "|".join(re.escape(word) for word in sorted(search.split()[:20], key=len, reverse=True))
    first = re.search(words, text, re.IGNORECASE) if words else None
    start = 0
    if first and first.start() > 2 * BEFORE:
        start = text.rfind(" ", 0, first.start() - BEFORE) + 1 or first.start() - BEFORE
    shown = text[start : start + SHOWN]
    pieces = re.split(f"({words})", shown, flags=re.IGNORECASE) if words else [shown]
    found = [(piece, number % 2 == 1) for number, piece in enumerate(pieces) if piece]
    more = [("…", False)] if start + SHOWN < len(text) else []
    return ([("… ", False)] if start else []) + found + more


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
