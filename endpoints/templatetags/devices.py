import re

from django import template
from django.utils.translation import gettext as _

register = template.Library()

# The first that is found counts: most browsers also name those that they resemble.
BROWSERS = {
    "Microsoft Edge": r"\bEdg(A|iOS)?/",
    "Opera": r"\bOPR/",
    "Samsung Internet": r"\bSamsungBrowser/",
    "Firefox": r"\b(Firefox|FxiOS)/",
    "Chrome": r"\b(HeadlessChrome|Chrome|Chromium|CriOS)/",
    "Safari": r"\bVersion/.*\bSafari/",
}
SYSTEMS = {
    "iPhone": r"\biPhone\b",
    "iPad": r"\biPad\b",
    "Android": r"\bAndroid\b",
    "Windows": r"\bWindows\b",
    "ChromeOS": r"\bCrOS\b",
    "macOS": r"\bMac OS X\b",
    "Linux": r"\bLinux\b",
}


@register.filter
def device(user_agent: str) -> str:
    """Browser and system in words; what names neither is shown as it is, up to 60 characters."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or user_agent[:60] or "–"


def _first(names: dict[str, str], text: str) -> str:
    return next((name for name, pattern in names.items() if re.search(pattern, text)), "")
