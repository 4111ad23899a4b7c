"""Addresses of sign-in and of a person's own account. The names are django-allauth's, which refers to them."""

from allauth.account import views as account
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

from endpoints.pages import account_sessions, company_sign_in, confirm, passwords

urlpatterns = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-out/", login_not_required(require_POST(account.logout)), name="account_logout"),
    path("sign-in/confirm/", confirm.by_password, name="account_reauthenticate"),
    path("sign-in/company/", company_sign_in.login, name="company_login"),
    path("sign-in/company/callback/", company_sign_in.callback, name="company_callback"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/reset/", passwords.forgotten, name="account_reset_password"),
    path("sign-in/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    path("sign-in/reset/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^sign-in/reset/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("settings/password/", account.password_change, name="account_change_password"),
    path("settings/password/set/", passwords.company_account, name="account_set_password"),
    path("settings/second-factor/", include("endpoints.pages.own_second_factor")),
    # Before django-allauth's own views at the same addresses.
    path("settings/second-factor/reauthenticate/", confirm.by_code, name="mfa_reauthenticate"),
    path("settings/second-factor/webauthn/reauthenticate/", confirm.by_passkey, name="mfa_reauthenticate_webauthn"),
    path("settings/second-factor/", include("allauth.mfa.urls")),
    path("settings/sessions/", account_sessions.sessions, name="usersessions_list"),
]
