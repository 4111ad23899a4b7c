"""Facts about recognition: worse since a change of the model, and endpoints that no speech reaches any more."""

from collections.abc import Iterator
from datetime import timedelta

from endpoints.alerts.facts import Fact, Seen
from endpoints.models import Quality
from endpoints.models.alert import AlertRule
from endpoints.models.quality import SILENT_DAYS, QualityVerdict

CHANGED_LATELY = timedelta(days=30)  # an older change is no news


def worse(seen: Seen) -> Iterator[Fact]:
    """One fact for each change of a model; going back ends it."""
    rows = Quality.objects.filter(verdict=QualityVerdict.WORSE, since__gt=seen.now - CHANGED_LATELY)
    rows = rows.filter(endpoint__gone_at=None, endpoint__resource__removing_at=None)
    shown = ("endpoint__display_name", "endpoint__resource_id", "endpoint__model_name", "before_share", "since_share")
    for pk, since, name, resource, model, before, share in rows.values_list("pk", "since", *shown):
        numbers = {"percent": round((share or 0) * 100), "percent_before": round((before or 0) * 100)}
        facts = {"endpoint": name, "model": model, **numbers}
        key = f"quality:{pk}:{since:%Y%m%d%H%M%S}"
        yield Fact(AlertRule.QUALITY, key, facts, endpoint=pk, resource=resource)


def silent(_seen: Seen) -> Iterator[Fact]:
    rows = Quality.objects.filter(silent_days__gte=SILENT_DAYS, endpoint__logging_enabled=True, endpoint__gone_at=None)
    shown = ("pk", "last_day", "silent_days", "endpoint__display_name", "endpoint__resource_id")
    for pk, last_day, days, name, resource in rows.filter(endpoint__resource__removing_at=None).values_list(*shown):
        facts = {"endpoint": name, "number": days, "day": last_day.isoformat()}
        yield Fact(AlertRule.SILENT, f"silent:{pk}:{last_day}", facts, endpoint=pk, resource=resource)
