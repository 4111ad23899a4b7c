"""People who sign in by the company's identity provider: their accounts and roles."""

from typing import Any

import requests
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import render
from django.utils.translation import gettext as _

from endpoints import audit
from endpoints.access import sessions
from endpoints.access.company.provider import CompanyProvider
from endpoints.access.company.tokens import NotConfirmed, TooManyGroups, groups_in, has_second_factor, signed_in_at
from endpoints.access.grants import holding_groups
from endpoints.access.people import set_roles
from endpoints.models.verbs import Verb

TIMEOUT = 10  # seconds


class CompanyAccounts(DefaultSocialAccountAdapter):  # type: ignore[misc]  # django-allauth has no types
    def get_provider(self, request: HttpRequest, provider: str, client_id: str | None = None) -> CompanyProvider:
        return CompanyProvider(request, app=self.get_app(request, provider=provider, client_id=client_id))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return True

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse who has no role, and give the person the roles of their groups as they are now."""
        claims = sociallogin.account.extra_data["id_token"]
        try:
            roles = roles_of(groups_in(claims, settings.OIDC_GROUPS_CLAIM))
        except TooManyGroups:
            text = _(
                "You are in more groups than your identity provider lists. "
                "An administrator can assign app roles instead."
            )
            raise self._refusal(request, text, sociallogin.user) from None
        if not roles:
            text = _("None of your groups has a role here. Ask an administrator of your identity provider.")
            raise self._refusal(request, text, sociallogin.user)
        sociallogin.roles = roles
        sociallogin.proof = sessions.Proof(signed_in_at(claims), has_second_factor(claims, settings.OIDC_SECOND_FACTOR))
        sociallogin.account.extra_data = {
            "id_token": {name: claims[name] for name in ("sub", "name") if name in claims}
        }
        if sociallogin.is_existing:
            set_roles(sociallogin.user, roles)

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> User:
        user: User = super().save_user(request, sociallogin, form)
        set_roles(user, sociallogin.roles)
        return user

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        text = _("Your identity provider's answer couldn't be verified. Sign in again.")
        if isinstance(exception, NotConfirmed):
            text = _(
                "Your identity provider didn't say that you signed in again. If it never does, "
                "an administrator must add auth_time to its ID tokens."
            )
        raise self._refusal(request, text, None, exception)

    def _refusal(self, request: HttpRequest, text: str, user: User | None, why: object = None) -> ImmediateHttpResponse:
        known = user if user and user.pk else None
        address = get_account_adapter().get_client_ip(request)
        audit.record(Verb.SIGN_IN_REFUSED, actor=known, address=address, why=str(why)[:200] if why else text)
        page = render(request, "socialaccount/authentication_error.html", {"text": text}, status=403)
        return ImmediateHttpResponse(page)

    def get_requests_session(self) -> requests.Session:
        """By the same way to the outside as everything else; answers of a redirect are not followed by tokens."""
        return _Session(**settings.NETWORK)


class _Session(requests.Session):
    def __init__(self, *, proxy: str, no_proxy: tuple[str, ...], ca_file: str, **_others: Any) -> None:
        super().__init__()
        self.trust_env = False
        self.max_redirects = 3
        self.verify = ca_file or True
        if proxy:
            direct = {f"{scheme}://{host}": "" for host in no_proxy for scheme in ("http", "https")}
            self.proxies = {"http": proxy, "https": proxy, **direct}

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        return super().request(*args, **{"timeout": TIMEOUT, **kwargs})


def roles_of(groups: list[str]) -> set[str]:
    """The groups here by OIDC_ROLES, or those of the same names when it is empty, that hold any role."""
    named = settings.OIDC_ROLES
    wanted = (
        {named[group] for group in groups if group in named}
        if named
        else {group for group in groups if "\0" not in group}
    )
    return set(holding_groups().filter(name__in=wanted).values_list("name", flat=True))
