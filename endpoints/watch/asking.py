"""Asking the recognition service: with an endpoint's id and without it, and what follows when it doesn't answer.

The recognition service is another one than that of the Speech to text REST API: its errors say nothing of the latter,
so that they neither pause the Speech resource nor count as its failures.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_noop

from endpoints import azure
from endpoints.changes.failpoints import failpoint
from endpoints.changes.work import LONGEST, SHORTEST, WITHOUT_RETRY_AFTER
from endpoints.gateway.recognition import recognition_hosts
from endpoints.logs.fetch import own_entries
from endpoints.models import Endpoint, Probe, ProbeRun, Recording, SentRecording, Trial, service_errors
from endpoints.models.claim import database_now, unleased
from endpoints.models.probe import AT_ONCE
from endpoints.models.secret import CannotDecrypt

if TYPE_CHECKING:
    from endpoints.azure.recognition import Recognition

MOST_ATTEMPTS = 5
PAUSES = (5, 20, 60, 180)  # seconds after an attempt without an answer
BUSY = 2.0  # seconds until it is checked again whether there is room

GONE = gettext_noop("The endpoint doesn't exist any more.")
KEY_REFUSED = gettext_noop("The recognition service refused the key of the Speech resource.")
NO_RECORDING = gettext_noop("The recording doesn't exist any more.")
KILLED = gettext_noop("The recording couldn't be recognized because the worker was ended several times.")


class Impossible(Exception):
    """Asking again would change nothing; the message is for people."""


def has_room(row: Trial | Probe) -> bool:
    """Whether at most AT_ONCE recordings are being recognized in the whole installation, by the leases of their rows.

    Our own lease is committed by now: of those that begin at once, the last one sees all others.
    """
    kinds: tuple[Any, ...] = (Trial, Probe)
    at_work = [kind.objects.exclude(unleased()).exclude(lease=row.lease).count() for kind in kinds]
    return bool(sum(at_work) < AT_ONCE)


def busy() -> float:
    """In how many seconds to check again: for different times, because those that began at once made room for all."""
    return BUSY * random.uniform(0.5, 1.5)  # noqa: S311 (spread, not secrecy)


def both(
    endpoint: Endpoint,
    recording: Recording | None,
    service: Any,
    run: ProbeRun | None = None,
    also: Endpoint | None = None,
) -> list[dict[str, Any]]:
    """What the endpoint and the base model hear, and another endpoint if given, as Trial.heard has it.

    Raises SpeechError, CannotDecrypt, Impossible.
    """
    if not endpoint.remote_id or endpoint.gone_at or endpoint.resource.removing:
        raise Impossible(GONE)
    if recording is None:
        raise Impossible(NO_RECORDING)
    wav = recording.wav
    asked = [endpoint, also] if also and also.remote_id and not also.gone_at else [endpoint]
    sent = [_sent(one, recording, run) for one in asked]
    failpoint("before-recognition")
    return [
        _heard("endpoint", endpoint, wav, service, endpoint.remote_id, sent[0]),
        _heard("base", endpoint, wav, service, None),
        *(_heard("also", one, wav, service, one.remote_id, sent[1]) for one in asked[1:]),
    ]


def attempt(ask: Callable[[], None], attempts: int) -> tuple[str, float | None]:
    """Ask once, the attempt number `attempts`: ("", None) when that succeeded.

    Otherwise why not, in English, and in how many seconds to ask again, None for not at all.
    """
    try:
        ask()
    except azure.TooManyRequests as error:
        asked = WITHOUT_RETRY_AFTER if error.retry_after is None else error.retry_after
        return str(error), _again(attempts, min(max(asked, SHORTEST), LONGEST))
    except azure.Unauthorized:
        return KEY_REFUSED, None
    except azure.Refused as error:
        return str(error), None
    except azure.SpeechError as error:
        return str(error), _again(attempts, PAUSES[min(attempts, len(PAUSES)) - 1])
    except (CannotDecrypt, Impossible) as error:
        return str(error), None
    except ValueError as error:
        return service_errors.text_of(error), None
    return "", None


def _again(attempts: int, seconds: float) -> float | None:
    return seconds if attempts < MOST_ATTEMPTS else None


def _sent(endpoint: Endpoint, recording: Recording, run: ProbeRun | None) -> SentRecording:
    """Stored before it is sent, so that its entry is known however the request ends."""
    logged = endpoint.logging_enabled and endpoint.open_change is None
    facts = {"sent_at": database_now(), "seconds": recording.seconds, "logged": logged}
    return SentRecording.objects.create(endpoint=endpoint, run=run, **facts)


def _heard(
    by: str, endpoint: Endpoint, wav: bytes, service: Any, remote_id: str | None, sent: SentRecording | None = None
) -> dict[str, Any]:
    found = _recognize(endpoint, wav, service, remote_id)
    if sent and found.phrases:
        own_entries.expect(sent, found.phrases)
    return {
        "by": by,
        "text": found.text,
        "status": found.status,
        "confidence": found.confidence,
        "took": round(found.took, 3),
    }


def _recognize(endpoint: Endpoint, wav: bytes, service: Any, remote_id: str | None) -> Recognition:
    """By the first host that can be reached, both times in the way that the endpoint's links name."""
    first, *others = recognition_hosts(endpoint.resource)
    found: Recognition
    try:
        found = service.recognize_by(first, endpoint.links, wav, endpoint.locale, remote_id)
    except (azure.NotSent, azure.Forbidden):
        if not others:
            raise
        found = service.recognize_by(others[0], endpoint.links, wav, endpoint.locale, remote_id)
    return found
