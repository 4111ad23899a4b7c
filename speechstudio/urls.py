from allauth.account.decorators import secure_admin_login
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group, User
from django.urls import include, path
from django.views.generic import RedirectView

from endpoints.api.command_line import cli
from endpoints.api.gate import gate
from endpoints.pages import health, web_hooks
from endpoints.pages.people.admin_to_field import take_empty_field_for_none
from endpoints.pages.people.administration import RecordedGroupAdmin, RecordedUserAdmin

# No second door: it leads to our sign-in.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as django-allauth documents
admin.site.unregister([User, Group, Authenticator])  # second factors are removed on the page of their person
admin.site.register(User, RecordedUserAdmin)
admin.site.register(Group, RecordedGroupAdmin)
take_empty_field_for_none(admin.site)
handler400 = "endpoints.pages.errors.crafted"
handler404 = "endpoints.pages.errors.missing"
handler429 = "endpoints.pages.errors.too_many"  # django-allauth's
handler500 = "endpoints.pages.errors.failed"

urlpatterns = [
    path("", login_not_required(RedirectView.as_view(pattern_name="endpoints:list"))),
    path("", include("endpoints.urls")),
    path("", include("speechstudio.account_urls")),
    path("hooks/speech/<str:token>", web_hooks.speech, name="hook"),
    path("cli", cli, name="cli"),
    path("api/", gate),
    path("api/<path:rest>", gate, name="api"),
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", health.metrics),
]
