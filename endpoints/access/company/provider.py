"""The company's identity provider: django-allauth's OpenID Connect, with the checks that it leaves out."""

import secrets
import time
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from requests import RequestException, Response

from endpoints.access.company.tokens import InvalidToken, verified

PROVIDER = "company"
NAMES = ("preferred_username", "email", "name")  # claims that some providers give by their userinfo endpoint alone


class CompanyAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # django-allauth has no types
    """Verifies the ID token with the nonce of this sign-in; its claims win over those of userinfo."""

    state: dict[str, Any]

    def __init__(self, request: HttpRequest, provider_id: str = PROVIDER) -> None:
        super().__init__(request, provider_id)

    @property
    def openid_config(self) -> Any:
        """Checked before anybody, or the client's secret, is sent to the addresses that it names."""
        config = super().openid_config
        if config.get("issuer") != self.get_provider().app.settings["issuer"]:
            raise InvalidToken("The provider's configuration names another issuer.")
        return config

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        config = self.openid_config
        claims = verified(
            str(kwargs["response"].get("id_token", "")),
            _json(config["jwks_uri"]),
            issuer=app.settings["issuer"],
            client_id=app.client_id,
            nonce=str(self.state.get("nonce") or secrets.token_urlsafe()),
            confirmed_since=self.state.get("confirmed_since"),
        )
        if config.get("userinfo_endpoint") and not all(name in claims for name in NAMES):
            said = self._fetch_user_info(token.token)
            if said.get("sub") != claims["sub"]:
                raise InvalidToken("The userinfo is that of another person.")
            claims = {**{name: said[name] for name in NAMES if name in said}, **claims}
        return self.get_provider().sociallogin_from_response(request, {"id_token": claims})

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("company_callback"))


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]  # django-allauth has no types
    """Asks with a nonce and PKCE; what a link adds to the request is ignored."""

    oauth2_adapter_class = CompanyAdapter
    pkce_enabled_default = True

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        kept: dict[str, Any] = {"nonce": secrets.token_urlsafe(24)}
        asked = {**kept}
        if request.user.is_authenticated:  # to confirm who they are, the person enters the password once more
            asked |= {"prompt": "login", "max_age": "0"}
            kept["confirmed_since"] = int(time.time())  # the browser could leave the above out
        kwargs |= {"auth_params": asked, "scope": self.get_scope(), **kept}
        answer: HttpResponse = super().redirect(request, process, next_url, data, **kwargs)
        return answer

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        return reverse("company_login", query=kwargs or None)

    def get_callback_url(self) -> str:
        return reverse("company_callback")

    def extract_email_addresses(self, data: Any) -> list[Any]:
        """None: an address proves nothing here, and nobody signs in by it."""
        return []


class Refusing:
    """In front of a view of django-allauth, which lets errors of the provider's configuration pass."""

    adapter: CompanyAdapter

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # of the view
        except (OAuth2Error, RequestException) as error:
            answer = render_authentication_error(request, self.adapter.get_provider(), exception=error)
        return answer


class LoginView(Refusing, OAuth2LoginView):  # type: ignore[misc]  # django-allauth has no types
    pass


class CallbackView(Refusing, OAuth2CallbackView):  # type: ignore[misc]  # django-allauth has no types
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, response


def _json(address: str) -> Any:
    with get_adapter().get_requests_session() as session:
        found: Response = session.get(address)
        found.raise_for_status()
        return found.json()
