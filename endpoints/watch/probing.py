"""A worker's part of a probe: asks both models when it is time, and records which of them answers for the endpoint.

A run that was not answered is no verdict. A worker that is killed in the middle leaves a run without an end, which the
next one goes on with.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from endpoints import audit
from endpoints.models import Event, Probe, ProbeRun, SpeechModel
from endpoints.models.claim import database_now
from endpoints.models.model import ModelKind
from endpoints.models.probe import AFTER_CHANGE, CHANGED, Verdict
from endpoints.models.verbs import Verb
from endpoints.watch import asking, logged
from endpoints.watch.verdicts import Witnesses, verdict

DEFINITE = (Verdict.BASE, Verdict.CUSTOM)


def step(probe: Probe, service: Any) -> float | None:
    """Ask if it is time to, or look for the entry of the last run; returns in how many seconds the probe is due."""
    if not asking.has_room(probe):
        return asking.busy()
    now = database_now()
    if _runs_base_model(probe):
        _rest(probe, now)
    elif probe.runs.filter(ended_at=None).exists() or next_run(probe, now) <= now:
        again = _run(probe, service, now)
        if again is not None:
            return again
    else:
        _look_into_logs(probe, service, now)
    found = Probe.objects.filter(pk=probe.pk, lease=probe.lease).first()
    return max((_next(found) - database_now()).total_seconds(), 1.0) if found else None


def next_run(probe: Probe, now: datetime) -> datetime:
    """When the probe is to be asked next: on a press, after a change or an expiration, or by its schedule."""
    if probe.asked_at:
        return now
    before = probe.ran_at or probe.set_at
    changes = Event.objects.filter(endpoint_id=probe.pk, verb__in=CHANGED, at__gt=before)
    changed_at = changes.order_by("-at").values_list("at", flat=True).first()
    model = probe.endpoint.model
    expires_at = model.expires_at if model and model.expires_at and model.expires_at > before else None
    after = [at + AFTER_CHANGE for at in (changed_at, expires_at) if at]
    return min([before + timedelta(hours=probe.every_hours), *after])


def _next(probe: Probe) -> datetime:
    times = [next_run(probe, database_now()), logged.look_at(probe) if probe.verdict else None]
    return min(at for at in times if at)


def _runs_base_model(probe: Probe) -> bool:
    model = probe.endpoint.serving_model
    return model is not None and model.kind == ModelKind.BASE


@transaction.atomic
def _rest(probe: Probe, now: datetime) -> None:
    """No other model can answer in the place of a base model: nothing is asked, and what was known is over."""
    if _held(probe).update(ran_at=now, error="", attempts=0, updated_at=Now()):
        _heed(probe, now)
        _settle(probe, Verdict.UNKNOWN, counts=False)


def _run(probe: Probe, service: Any, now: datetime) -> float | None:
    """One attempt; returns in how many seconds to try it again, None when the run has ended."""
    run = probe.runs.filter(ended_at=None).first() or ProbeRun(probe=probe, started_at=now)
    attempts = probe.attempts + 1
    with transaction.atomic():
        if not _held(probe).update(attempts=attempts, ran_at=run.started_at, updated_at=Now()):
            return None
        run.save()
    if attempts > asking.MOST_ATTEMPTS:
        return _give_up(probe, run, probe.error or asking.KILLED, now)
    endpoint = probe.endpoint

    def ask() -> None:
        heard = {one["by"]: one["text"] for one in asking.both(endpoint, probe.recording, service, run)}
        _record(probe, run, heard["endpoint"], heard["base"], endpoint.serving_model, now)

    why, seconds = asking.attempt(ask, attempts)
    if why and seconds is None:
        return _give_up(probe, run, why, now)
    if why:
        _held(probe).update(error=why, updated_at=Now())
    return seconds


@transaction.atomic
def _give_up(probe: Probe, run: ProbeRun, why: str, now: datetime) -> None:
    """The run has no answer: what was known before stays."""
    if _held(probe).update(error=why, attempts=0, updated_at=Now()):
        _heed(probe, now)
        ProbeRun.objects.filter(pk=run.pk).update(ended_at=Now(), error=why)


@transaction.atomic
def _record(probe: Probe, run: ProbeRun, heard: str, base: str, model: SpeechModel | None, now: datetime) -> None:
    """Record the answers of a run, unless another worker has the probe by now, or it was removed."""
    if not _held(probe).update(error="", attempts=0, checked_at=Now(), updated_at=Now()):
        return
    _heed(probe, now)
    known = probe.known_texts
    witnesses = Witnesses(
        endpoint=heard,
        base=base,
        known_endpoint=known.get("endpoint", ""),
        known_base=known.get("base", ""),
        same_model=model is not None and model.pk == probe.model_id,
        expired=bool(model and model.expires_at and model.expires_at <= now),
    )
    by_text = verdict(witnesses)
    name = model.display_name if model else ""
    ProbeRun.objects.filter(pk=run.pk).update(ended_at=Now(), error="", verdict=by_text, model_name=name)
    if by_text == Verdict.CUSTOM and not (witnesses.same_model and known):
        _held(probe).update(known=Probe.sealed(heard, base), model=model)
    missing = by_text != Verdict.BASE and logged.was_missing(probe)
    _settle(probe, Verdict.NOT_LOGGED if missing else by_text, counts=True)


def _look_into_logs(probe: Probe, service: Any, now: datetime) -> None:
    """Whether the entry of the last run is in the endpoint's logs by now."""
    run = logged.waiting(probe)
    found = logged.found(probe, run, service, now) if run else None
    if run is None or found is None:
        return
    with transaction.atomic():
        by_text = Verdict(run.verdict)
        shown = by_text if found or by_text == Verdict.BASE else Verdict.NOT_LOGGED
        if _held(probe).update(updated_at=Now()):
            ProbeRun.objects.filter(pk=run.pk).update(logged=found, verdict=shown)
            _settle(probe, shown, counts=False)


def _settle(probe: Probe, now: Verdict, *, counts: bool) -> None:
    """Store the verdict, and an Event when another model answers than before. `counts`: it is that of a new run."""
    if now == probe.verdict:
        if counts:
            _held(probe).update(in_a_row=F("in_a_row") + 1)
        return
    _held(probe).update(verdict=now, verdict_at=Now(), in_a_row=1)
    if now not in DEFINITE:
        return
    definite = probe.runs.filter(verdict__in=DEFINITE).order_by("-started_at", "-pk").values_list("verdict", flat=True)
    before = next(iter(definite[1:2]), Verdict.CUSTOM)
    if now != before:
        audit.record(Verb.BASE_ANSWERS if now == Verdict.BASE else Verb.CUSTOM_ANSWERS, endpoint=probe.endpoint)


def _heed(probe: Probe, now: datetime) -> None:
    """What was asked for before this run began is done."""
    Probe.objects.filter(pk=probe.pk, asked_at__lte=now).update(asked_at=None)


def _held(probe: Probe) -> Any:
    """The row, as long as it is ours."""
    return Probe.objects.filter(pk=probe.pk, lease=probe.lease)
