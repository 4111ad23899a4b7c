"""The address that the service's web hooks call."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.signature import SIGNATURE
from endpoints.mirror import notifications
from endpoints.models import Resource
from endpoints.models.secret import CannotDecrypt

MOST_BYTES = 64 * 1024


@require_POST
@csrf_exempt
@login_not_required
def speech(request: HttpRequest, token: str) -> HttpResponse:
    """Answer a challenge, or take a call as a hint to refresh. The token and the signature identify the service."""
    resource = door.unrestricted(Resource).filter(hook_token=token, hook_enabled=True).first()
    if resource is None:
        raise Http404
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        return HttpResponse(status=413)
    signature = request.headers.get(SIGNATURE)
    try:
        if "validationToken" in request.GET:
            answer = notifications.answer_challenge(resource, request.GET["validationToken"], signature)
            return HttpResponse(answer, content_type="text/plain")
        due = notifications.receive(resource, request.body, signature)
    except (notifications.BadCall, CannotDecrypt):
        return HttpResponse(status=403)
    if due:
        hints.send({"change": "step", "resource": "mirror"}[due[0]], due[1])
    return HttpResponse(status=200)
