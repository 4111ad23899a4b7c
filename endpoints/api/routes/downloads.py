"""Downloads of content logs: a worker makes a zip file, which is fetched when it is ready."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from ninja import Query, Router

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import reading, rows, shown
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page
from endpoints.api.once import once
from endpoints.api.problems import Problem
from endpoints.api.shapes.change import Nothing
from endpoints.api.shapes.logs import DownloadFilters, DownloadOut, DownloadPage, RequestDownload
from endpoints.logs.download import requests as verbs
from endpoints.logs.download.kept import same_zip
from endpoints.pages.content_logs import downloads as downloads_page
from endpoints.pages.content_logs import log_selection

router = Router(tags=["downloads"])


@router.get("/downloads", response=DownloadPage, operation_id="list_downloads")
@may("read_logs")
def downloads(request: ApiRequest, filters: Query[DownloadFilters]) -> Any:
    """The downloads that people requested, newest first."""
    found = door.downloads(request.user)
    if filters.endpoint:
        found = found.filter(endpoint=filters.endpoint)
    if filters.state:
        found = found.filter(state=filters.state)
    if filters.mine:
        found = found.filter(actor=request.user)
    whole = door.downloads(request.user).for_page()
    return page(request, filters, found, downloads_page.NEWEST_FIRST, whole, rows.download)


@router.get("/downloads/{uuid:pk}", response=DownloadOut, operation_id="show_download")
@may("read_logs")
def download(request: ApiRequest, pk: UUID) -> Any:
    return shown.download(request, pk)


@router.get("/downloads/{uuid:pk}/file", response={200: None}, operation_id="download_file")
@may("read_logs")
def file(request: ApiRequest, pk: UUID) -> Any:
    """The zip file, or a range of it (Range). Who fetches it is recorded."""
    reading.take_purpose(request, required=False)
    return reading.of_page(downloads_page.download_file(request, pk=pk))


@router.post("/endpoints/{uuid:pk}/downloads", response={202: DownloadOut}, operation_id="request_download")
@may("read_logs")
@once(shown.download)
def request_download(request: ApiRequest, pk: UUID, body: RequestDownload) -> UUID:
    """Request a zip file of content logs. While an equal one is made, or is here, that one is answered."""
    endpoint = door.endpoint_on_service(request.user, pk, door.READ_LOGS)
    if not endpoint.resource.logs_can_be_read:
        raise Problem("not-now")
    purpose = reading.take_purpose(request, given=" ".join(body.purpose.split()))
    selection = log_selection.normalized(request.user, _query(body), endpoint)
    what: dict[str, Any] = {"endpoint": endpoint, "selection": selection, "purpose": purpose}
    if kept := same_zip(actor=request.user, **what):
        return kept.pk
    try:
        limits = verbs.Limits(settings.DOWNLOADS_PER_PERSON, settings.ZIPS_PER_PERSON)
        made = verbs.request_download(actor=request.user, limits=limits, **what)
    except verbs.TooMany as error:
        raise Problem("not-now", downloads_page.too_many(error)) from None
    hints.send("fetch", made.pk)
    return made.pk


def _query(body: RequestDownload) -> QueryDict:
    """As the form of the page sends it."""
    query = QueryDict(mutable=True)
    if body.entries is not None:
        query.setlist("entry", [str(pk) for pk in body.entries])
        return query
    for name, value in body.model_dump(mode="json", by_alias=True, exclude={"entries", "purpose"}).items():
        if value not in (None, "", False):
            query[name] = "1" if value is True else str(value)
    return query


def _act(name: str, verb: Callable[..., bool], says: str) -> None:
    """An operation of one download, of the same name as its verb."""

    address = f"/downloads/{{uuid:pk}}/{name}"

    @router.post(address, response={200: DownloadOut}, operation_id=f"{name}_download", description=says)
    @may("read_logs")
    @once(shown.download, status=200)
    def act(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
        asked = door.download(request.user, pk)
        if not verb(asked, actor=request.user):
            raise Problem("not-now", _("The download has changed since you opened the page."))
        if asked.active:
            hints.send("fetch", asked.pk)
        return pk


_act("cancel", verbs.cancel, "Cancel a download, or remove a zip file.")
_act("pause", verbs.pause, "Pause a download.")
_act("resume", verbs.resume, "Resume a download; what was fetched is kept.")
_act("retry", verbs.retry, "Make a zip file again that failed or lacks files.")
