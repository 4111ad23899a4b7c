"""Two Speech resources with three projects, each with one row of every noun; each text names the place it is of."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from endpoints import audit
from endpoints.models import (
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Endpoint,
    LogArchive,
    LogDay,
    LogEntry,
    LogFile,
    Probe,
    Project,
    Purge,
    Recording,
    Resource,
    SpeechModel,
    Status,
    Trial,
)
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from endpoints.models.model import ModelKind
from endpoints.models.purge import PurgeState
from endpoints.models.secret import Secret
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.models.trial import TrialPurpose


@dataclass
class Place:
    """A project and what belongs to it. `name` is in each text of it, as in "quokka endpoint"."""

    name: str
    resource: Resource
    project: Project | None = None
    rows: dict[str, Any] = field(default_factory=dict)

    def seen_with(self, noun: str) -> str:
        return f"{self.name} {noun}"


def resource(name: str) -> Resource:
    now = timezone.now()
    secret: Any = Secret.of(f"{name} key")
    found = Resource.objects.create(
        name=f"{name} resource",
        region="eastus",
        key=secret,
        mirrored_at=now,
        cataloged_at=now,
        failing_since=now,
        failure=f"{name} failure",
    )
    SpeechModel.objects.create(
        **_model(found, f"{name} base model"), kind=ModelKind.BASE, adaptation_expires_at=now + timedelta(days=900)
    )
    return found


def _model(of: Resource, name: str) -> dict[str, Any]:
    return {
        "resource": of,
        "remote_id": f"{name}"[:36],
        "display_name": name,
        "locale": "en-US",
        "status": Status.SUCCEEDED,
        "supports_endpoints": True,
        "expires_at": timezone.now() + timedelta(days=100),
        "created_at": timezone.now(),
    }


def place(name: str, of: Resource, actor: Any, *, project: bool = True) -> Place:
    made = Place(name, of)
    if project:
        made.project = Project.objects.create(
            resource=of, remote_id=name, display_name=made.seen_with("project"), locale="en-US"
        )
    model = SpeechModel.objects.create(
        **_model(of, made.seen_with("model")), kind=ModelKind.CUSTOM, project=made.project
    )
    endpoint = _endpoint(made, model)
    made.rows = {"model": model, "endpoint": endpoint, **_requests(made, endpoint, actor), **_logs(made, endpoint)}
    return made


def _endpoint(made: Place, model: SpeechModel) -> Endpoint:
    return Endpoint.objects.create(
        resource=made.resource,
        project=made.project,
        remote_id=f"{made.name}-remote",
        display_name=made.seen_with("endpoint"),
        description=made.seen_with("description"),
        locale="en-US",
        model=model,
        **model.for_endpoint,
        status=Status.SUCCEEDED,
        logging_enabled=True,
        owner=made.seen_with("owner"),
        last_action_at=timezone.now(),
    )


def _requests(made: Place, endpoint: Endpoint, actor: Any) -> dict[str, Any]:
    about = {"endpoint": endpoint, "endpoint_name": endpoint.display_name, "resource_name": made.resource.name}
    change = Change.objects.create(
        **about,
        kind=ChangeKind.CHANGE_MODEL,
        state=ChangeState.QUEUED,
        model=endpoint.model,
        from_model=endpoint.model,
        reason=made.seen_with("reason"),
        scheduled_for=timezone.now() + timedelta(days=9),
    )
    bulk = Bulk.objects.create(kind=ChangeKind.EDIT, reason=made.seen_with("bulk reason"))
    Change.objects.create(**about, kind=ChangeKind.EDIT, state=ChangeState.DONE, bulk=bulk)
    audit.record(Verb.REQUESTED_BULK, actor=actor, bulk=bulk, endpoints=3, what=made.seen_with("bulk"))
    audit.record(Verb.EDITED, actor=actor, endpoint=endpoint, detail=made.seen_with("event"))
    audit.record(Verb.RESOURCE_CHANGED, actor=actor, resource=made.resource, detail=f"{made.resource} event")
    return {"change": change, "bulk": bulk}


def _logs(made: Place, endpoint: Endpoint) -> dict[str, Any]:
    now = timezone.now()
    LogArchive.objects.create(endpoint=endpoint, listed_at=now, checked_at=now, due_at=None)
    LogDay.objects.create(endpoint=endpoint, day=now.date(), seen=1)
    entry = LogEntry.objects.create(
        endpoint=endpoint, key=f"{made.name}-entry", at=now, day=now.date(), text=made.seen_with("transcript")
    )
    LogFile.objects.create(
        endpoint=endpoint, entry=entry, remote_id=f"{made.name}_wav", name=f"{made.name}.wav", created_at=now
    )
    download = Download.objects.create(
        endpoint=endpoint, state=DownloadState.FETCHING, purpose=made.seen_with("download purpose")
    )
    purge = Purge.objects.create(
        endpoint=endpoint,
        endpoint_name=endpoint.display_name,
        reason=made.seen_with("purge reason"),
        state=PurgeState.DONE,
        before={},
        after={},
    )
    trial = Trial.objects.create(endpoint=endpoint, purpose=TrialPurpose.PROBE)
    recording = Recording.of(b"RIFF", 2.0)
    recording.save(force_insert=True)
    Probe.objects.create(endpoint=endpoint, recording=recording)
    return {"entry": entry, "download": download, "purge": purge, "trial": trial}


def draft(of: Resource | None, name: str) -> ConnectionCheck:
    return ConnectionCheck.objects.create(draft=True, resource=of, name=f"{name} draft", region="eastus")
