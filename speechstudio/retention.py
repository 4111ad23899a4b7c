"""RETENTION_DAYS: how many days everything that grows stays. A kind that isn't named has its default; 0 is for ever."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

MOST = 36_500
# The default, and the least that makes sense: the service repeats calls for two days, a page shows what changed lately.
KINDS = {
    "events": (0, 30),
    "changes": (0, 90),
    "downloads": (365, 1),
    "drafts": (7, 1),
    "connection-checks": (1, 1),
    "hook-calls": (2, 2),
    "alerts": (90, 1),  # since they were over or delivered
}
EVER = ("events", "changes", "downloads")  # what may stay for ever


def retention_days(given: Mapping[str, str]) -> dict[str, int]:
    """Days by kind. Raises ImproperlyConfigured."""
    found = {kind: default for kind, (default, _least) in KINDS.items()}
    for kind, text in given.items():
        if kind not in KINDS:
            raise ImproperlyConfigured(f"RETENTION_DAYS names {kind}. It can name {', '.join(KINDS)}.")
        least = KINDS[kind][1]
        days = int(text) if text.isdecimal() and len(text) < 7 else -1
        if not (least <= days <= MOST or (days == 0 and kind in EVER)):
            ever = ", or 0 for ever" if kind in EVER else ""
            raise ImproperlyConfigured(f"RETENTION_DAYS: {kind} needs a number of days from {least} to {MOST}{ever}.")
        found[kind] = days
    return found
