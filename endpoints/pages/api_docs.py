"""The documentation of the API: Swagger UI, from the files that come with django-ninja."""

import base64
import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
KEPT = "private, max-age=86400"


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """Open to everybody who has signed in. Calls from it need a token, too."""
    files = {"sheet": _file("swagger-ui.css"), "script": _file("swagger-ui-bundle.js")}
    return render(request, "api/docs.html", {"section": "settings", **files})


@require_safe
def file(request: HttpRequest, name: str) -> HttpResponse:
    """Not one of our static files, because compressing 1.5 MB that few people need would delay each first start."""
    if name not in FILES:
        raise Http404
    headers = {"Cache-Control": KEPT}
    return HttpResponse(_content(name), content_type=f"{FILES[name]}; charset=utf-8", headers=headers)


@cache
def _integrity(name: str) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(_content(name)).digest()).decode()


def _file(name: str) -> dict[str, str]:
    return {"url": reverse("endpoints:api-docs-file", args=[name]), "integrity": _integrity(name)}


@cache
def _content(name: str) -> bytes:
    """Found without importing the package, which costs a process 13 MiB."""
    package = find_spec("ninja")
    folder = Path(next(iter((package and package.submodule_search_locations) or ["."])))
    return (folder / "static" / "ninja" / name).read_bytes()
