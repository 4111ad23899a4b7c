"""The versions of an endpoint's overview, with its probe, and of a trial's page: whether they are out of date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from endpoints.access.door.versions import DataVersion, digest, time_of
from endpoints.models.search import uuid_in

OVERVIEW, TRIAL = "endpoint", "trial"  # what their versions begin with

_PROBE = "SELECT updated_at FROM endpoints_probe WHERE endpoint_id = %s"
_TRIAL = "SELECT updated_at FROM endpoints_trial WHERE id = %s"


@dataclass(frozen=True)
class OverviewOfEndpointVersion:
    """`version` changes with whatever the overview of an endpoint shows, each run of its probe too."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @staticmethod
    def named(data: DataVersion, endpoint: UUID, probed: datetime | None) -> str:
        """`probed`: when the probe's row has changed; None without one."""
        return f"{OVERVIEW}.{endpoint}.{digest(data.version, probed and probed.astimezone(UTC).isoformat())}"

    @classmethod
    def successor(cls, version: str, session_key: str) -> OverviewOfEndpointVersion | None:
        """The version now of what `version` was of; None when it is of something else."""
        endpoint = _named(version, OVERVIEW)
        if endpoint is None:
            return None
        data = DataVersion.now(session_key, extra=[(_PROBE, [_id(endpoint)])])
        name = cls.named(data, endpoint, time_of(data.extra[0]))
        return cls(name, data.session_alive, data.mirrored_at)


@dataclass(frozen=True)
class TrialVersion:
    """`version` changes with each step of a trial."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def now(cls, trial: UUID, session_key: str = "") -> TrialVersion:
        data = DataVersion.now(session_key, extra=[(_TRIAL, [_id(trial)])])
        name = f"{TRIAL}.{trial}.{digest(data.frame, data.extra)}"
        return cls(name, data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> TrialVersion | None:
        """The version now of what `version` was of; None when it is of something else."""
        trial = _named(version, TRIAL)
        return cls.now(trial, session_key) if trial else None


def _named(version: str, prefix: str) -> UUID | None:
    """The row that a version is of, if it begins with `prefix`."""
    kind, pk, *_rest = [*version.split("."), ""]
    return uuid_in(pk) if kind == prefix else None


def _id(pk: UUID) -> object:
    """As the database holds it."""
    return pk if connection.features.has_native_uuid_field else pk.hex
