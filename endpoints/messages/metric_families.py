"""All metrics with their meaning: docs/metrics.md shows this table, and whatever yields a metric takes it from here."""

from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

PREFIX = "speechstudio_"
COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"


@dataclass(frozen=True)
class Family:
    """`name` without the prefix, and of a counter without `_total`."""

    name: str
    kind: str
    meaning: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    @property
    def full_name(self) -> str:
        return f"{PREFIX}{self.name}" + ("_total" if self.kind == COUNTER else "")

    @property
    def samples(self) -> tuple[str, ...]:
        """The names that queries use."""
        name = f"{PREFIX}{self.name}"
        if self.kind == HISTOGRAM:
            return f"{name}_bucket", f"{name}_sum", f"{name}_count"
        return (self.full_name,)

    def metric(self) -> GaugeMetricFamily | CounterMetricFamily:
        kind = CounterMetricFamily if self.kind == COUNTER else GaugeMetricFamily
        return kind(f"{PREFIX}{self.name}", self.meaning, labels=self.labels)

    def histogram(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(f"{PREFIX}{self.name}", self.meaning, labels=self.labels)


def _table(*families: Family) -> dict[str, Family]:
    return {family.name: family for family in families}


FAMILIES = _table(
    Family("info", GAUGE, "Always 1: which version this web process is", ("version",)),
    Family("database_up", GAUGE, "Whether the database answers; without it there are no metrics that come from rows"),
    Family("broker_up", GAUGE, "Whether the broker answers this web process"),
    Family("worker_up", GAUGE, "Whether a worker of the queue has sent a heartbeat lately", ("queue",)),
    Family("storage_up", GAUGE, "Whether the storage of content logs worked when a worker last tried it"),
    Family("sweep_age_seconds", GAUGE, "Time since a worker last swept", unit="seconds"),
    Family("queue_messages", GAUGE, "Messages in the broker that no worker has received", ("queue",), "messages"),
    Family("queue_due", GAUGE, "Rows that are due and that no worker has taken", ("queue",), "rows"),
    Family("queue_age_seconds", GAUGE, "How long the row that is due longest has been waiting", ("queue",), "seconds"),
    Family(
        "disk_free_bytes",
        GAUGE,
        "Free bytes of the disks of `var` (this process) and `logs` (content logs)",
        ("place",),
        "bytes",
    ),
    Family("disk_size_bytes", GAUGE, "Size of these disks", ("place",), "bytes"),
    Family("endpoints", GAUGE, "Endpoints by the service's status", ("status",), "endpoints"),
    Family("changes_open", GAUGE, "Changes that are not done yet, by state", ("state",), "changes"),
    Family(
        "changes_oldest_seconds",
        GAUGE,
        "How long workers have been at the oldest open change",
        unit="seconds",
    ),
    Family("changes_closed", COUNTER, "Changes that have ended; a corrected verdict counts again", ("kind", "outcome")),
    Family("downloads_active", GAUGE, "Downloads of content logs in the making, by state", ("state",), "downloads"),
    Family("downloads_closed", COUNTER, "Downloads of content logs that have ended", ("outcome",)),
    Family("resources_failing", GAUGE, "Speech resources that do not answer", unit="resources"),
    Family("resource_up", GAUGE, "Whether a Speech resource answers; paused ones are left out", ("resource",)),
    Family("mirror_age_seconds", GAUGE, "Age of the oldest mirror of a Speech resource", unit="seconds"),
    Family("web_hooks", GAUGE, "Registered web hooks: proven, unproven or failed", ("state",), "web hooks"),
    Family("addresses_failing", GAUGE, "Addresses whose endpoint can't answer", unit="addresses"),
    Family("next_expiration_seconds", GAUGE, "Time until the next deployed model expires", unit="seconds"),
    Family("endpoints_expired", GAUGE, "Endpoints whose model has expired", unit="endpoints"),
    Family(
        "endpoints_by_verdict",
        GAUGE,
        "Endpoints that are checked for which model answers: custom, base, cannot-tell, not-logged or unknown",
        ("verdict",),
        "endpoints",
    ),
    Family("log_files_unsaved", GAUGE, "Files of content logs that only the service has", unit="files"),
    Family("log_files_vanishing", GAUGE, "Those that the service deletes within 7 days", unit="files"),
    Family("log_files_vanished", GAUGE, "Files that the service deleted before they were saved", unit="files"),
    Family(
        "api_calls",
        COUNTER,
        "Requests to the Speech to text REST API, with retries; `status`: a number, or unreachable, timeout, lost",
        ("resource", "operation", "status"),
    ),
    Family(
        "address_requests",
        COUNTER,
        "Requests of programs to addresses that exist; `outcome`: sent to the first or second endpoint, or to none",
        ("outcome",),
    ),
    Family("throttled_seconds", COUNTER, "Time that the service told us to wait, by 429", ("resource",), "seconds"),
    Family("requests", COUNTER, "Requests to web processes, by the name of the page", ("view", "status")),
    Family("request_seconds", HISTOGRAM, "How long they took until the answer began", ("view",), "seconds"),
)
