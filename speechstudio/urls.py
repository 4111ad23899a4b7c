from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from endpoints.pages import health, web_hooks
from endpoints.pages.forms.error_texts import SignInForm

handler500 = "endpoints.pages.errors.failed"

urlpatterns = [
    path("", login_not_required(RedirectView.as_view(pattern_name="endpoints:list"))),
    path("", include("endpoints.urls")),
    path(
        "sign-in/",
        LoginView.as_view(redirect_authenticated_user=True, authentication_form=SignInForm),
        name="login",
    ),
    path("sign-out/", LogoutView.as_view(), name="logout"),
    path("hooks/speech/<str:token>", web_hooks.speech, name="hook"),
    path("admin/", admin.site.urls),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", health.metrics),
]
