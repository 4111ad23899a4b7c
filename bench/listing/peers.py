"""The same table of endpoints as others would show it: Django's admin and django-tables2, 50 rows of 8 columns each."""

import django_tables2 as tables
from django.contrib.admin import AdminSite, ModelAdmin, display
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from endpoints.access.door.versions import DataVersion
from endpoints.models import Endpoint
from speechstudio import urls

ADMIN, TABLES2, VERSION = "peers/admin/", "peers/tables2/", "peers/version"
PER_PAGE = 50
COLUMNS = (
    "display_name",
    "description",
    "model_name",
    "locale",
    "status",
    "expires_at",
    "logging_enabled",
    "created_at",
)
PAGE = """{% load django_tables2 %}<!doctype html>
<html lang="en"><head><title>Endpoints</title></head><body>{% render_table table %}</body></html>"""


class EndpointAdmin(ModelAdmin):  # type: ignore[type-arg]  # it takes none at run time
    list_display = ("name", *COLUMNS[1:])
    list_filter = ("status", "locale")
    search_fields = ("display_name", "description", "model_name")
    list_per_page = PER_PAGE

    @display(ordering="name_key")  # as our own list, and so by our own index
    def name(self, endpoint: Endpoint) -> str:
        return endpoint.display_name

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return super().get_queryset(request).filter(gone_at=None)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-created_at", "-id")


class EndpointTable(tables.Table):  # type: ignore[misc]  # django-tables2 has no types
    display_name = tables.Column(order_by=("name_key", "created_at", "id"))

    class Meta:
        model = Endpoint
        fields = COLUMNS


def tables2(request: HttpRequest) -> HttpResponse:
    table = EndpointTable(Endpoint.objects.present())
    tables.RequestConfig(request, paginate={"per_page": PER_PAGE}).configure(table)
    return HttpResponse(engines["django"].from_string(PAGE).render({"table": table}, request))


def version(request: HttpRequest) -> HttpResponse:
    """The parameters with which our page polls."""
    return HttpResponse(DataVersion.now().version)


site = AdminSite("peers")
site.register(Endpoint, EndpointAdmin)
urlpatterns = [path(ADMIN, site.urls), path(TABLES2, tables2), path(VERSION, version), *urls.urlpatterns]
