"""The browser and system that a session names, in the few words by which a person recognizes it."""

import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# In this order: the text of one browser also names those that it is compatible with (RFC 9110, section 10.1.5).
BROWSERS = {
    "Microsoft Edge": r"\bEdg(?:A|iOS)?/",
    "Opera": r"\bOPR/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Firefox": r"\b(?:Firefox|FxiOS)/",
    "Chrome": r"\b(?:HeadlessChrome|Chrome|CriOS)/",
    "Safari": r"\bVersion/.*\bSafari/",
}
SYSTEMS = {
    "Android": r"\bAndroid\b",
    "iOS": r"\b(?:iPhone|iPad|iPod)\b",
    "Windows": r"\bWindows NT\b",
    "macOS": r"\bMac OS X\b",
    "ChromeOS": r"\bCrOS\b",
    "Linux": r"\bLinux\b",
}
LONGEST = 40  # characters of a text that names no browser


@register.filter
def browser(user_agent: str) -> str:
    """ "Firefox on Windows", or the beginning of the text that the client sent."""
    name, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return name or user_agent[:LONGEST] or _("Unknown")


def _first(patterns: dict[str, str], text: str) -> str:
    return next((name for name, pattern in patterns.items() if re.search(pattern, text)), "")
