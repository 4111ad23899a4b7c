"""What django-allauth asks of the product: who may sign up, from where a client comes, and what is recorded."""

import logging
import threading
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from endpoints import audit
from endpoints.access import demo_accounts, sessions, sign_in_events
from endpoints.access.client_address import client_address
from endpoints.models import ServiceAccount, site
from endpoints.models.secret import Secret, refuse_while_locked
from endpoints.models.verbs import Verb

# Checking a password takes some 0.4 s of a core on purpose. Threads that check or wait for it serve no pages, so only
# some of a process' eight do at once, one after the other; others are told to try again.
WAITING = 4
_waiting = threading.BoundedSemaphore(WAITING)
_checking = threading.Lock()


WRONG_CODE = _("The code is incorrect. Enter the one that's shown now.")
log = logging.getLogger(__name__)


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # django-allauth has no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("The username or password is incorrect. Both are case-sensitive."),
        "too_many_login_attempts": _("Too many failed sign-ins. Wait a minute, then try again."),
        "company_only": _("Sign in with your company account."),
        "busy": _("Many people are signing in right now. Wait a moment, then try again."),
        "enter_current_password": _("The current password is incorrect."),
        "incorrect_password": _("The password is incorrect."),
        "incorrect_code": WRONG_CODE,
        "invalid_password_reset": _("The link isn't valid any more."),
        "rate_limited": _("Too many attempts. Wait a minute, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request, settings.TRUSTED_PROXIES)

    def is_safe_url(self, url: str | None) -> bool:
        """Whether `next` leads to a page of ours; what is no address leads nowhere."""
        try:
            return bool(super().is_safe_url(url))
        except ValueError:
            return False

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            sign_in_events.throttled(credentials.get("username", ""), self.get_client_ip(request))
            raise

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        if not settings.DEMO and credentials.get("password") == demo_accounts.PASSWORD:
            credentials["password"] = ""  # accounts with it end the start of web, unless the database was away then
        if not may_sign_in_locally(credentials.get("username", "")):
            self._refused(request, credentials.get("username", ""), "company-only")
            raise ValidationError(self.error_messages["company_only"], code="company_only")
        if not _waiting.acquire(blocking=False):
            raise ValidationError(self.error_messages["busy"], code="busy")
        try:
            with _checking:
                return super().authenticate(request, **credentials)
        finally:
            _waiting.release()

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> Any:
        """Local sign-in that is switched off is off for passkeys, too."""
        by_company = "sociallogin" in (options.get("signal_kwargs") or {})
        if not by_company and not may_sign_in_locally(user.get_username()):
            sign_in_events.refused(user, self.get_client_ip(request), "company-only")
            raise PermissionDenied
        if ServiceAccount.objects.filter(person=user).exists():  # whatever password an administrator gave it
            sign_in_events.refused(user, self.get_client_ip(request), "service")
            raise PermissionDenied
        return super().pre_login(request, user, **options)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        self._refused(request, credentials.get("username", ""), "password")

    def _refused(self, request: HttpRequest, name: str, why: str) -> None:
        user = User.objects.filter(username=name).first()
        sign_in_events.refused(user, self.get_client_ip(request), why)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> Any:
        sign_in_events.refused(user, self.get_client_ip(request), "off")
        return super().respond_user_inactive(request, user)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> Any:
        break_glass = not settings.LOCAL_SIGN_IN and user.get_username() == settings.BREAK_GLASS_ACCOUNT
        if by_company := (options.get("signal_kwargs") or {}).get("sociallogin"):
            sessions.keep_proof(request, getattr(by_company, "proof", sessions.Proof()))
        sign_in_events.signed_in(request, user, self.get_client_ip(request), break_glass=break_glass)
        return super().post_login(request, user, **options)

    def is_reauthentication_required(self, *, app: str, **_options: Any) -> bool:
        return not sessions.signed_in_recently(context.request)

    def logout(self, request: HttpRequest) -> None:
        if request.user.is_authenticated:
            audit.record(Verb.SIGNED_OUT, actor=request.user)
        super().logout(request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Whoever has no password confirms who they are where they have signed in."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and not methods and settings.OIDC_ISSUER:
            methods.append({"id": "company", "url": reverse("account_reauthenticate"), "description": ""})
        return methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By a thread, because the time that it takes would tell which addresses have an account."""
        message = self.render_mail(template_prefix, email, {"current_site": get_current_site(self.request), **context})
        threading.Thread(target=_send, args=[message], daemon=True).start()

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return site.address(path, self.request)

    def set_password(self, user: User, password: str) -> None:
        super().set_password(user, password)
        sessions.end_others(user, but=context.request.session.session_key if context.request else None)
        audit.record(Verb.PASSWORD_CHANGED, actor=user)


UNSAID = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")  # pages show it themselves


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, ValueError) as error:  # smtplib raises subclasses of OSError, whose text can contain the address
        log.warning("An e-mail of sign-in was not sent: %s", type(error).__name__)


def may_sign_in_locally(name: str) -> bool:
    return settings.LOCAL_SIGN_IN or (bool(name) and name == settings.BREAK_GLASS_ACCOUNT)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # django-allauth has no types
    """Secrets of second factors are encrypted like all others."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": WRONG_CODE,
        "cannot_generate_recovery_codes": _("Set up an authenticator app or a passkey first."),
    }

    def encrypt(self, text: str) -> str:
        refuse_while_locked()
        return Secret.of(text).sealed

    def decrypt(self, encrypted_text: str) -> str:
        return Secret(encrypted_text).open()

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        return gettext("Passkey %(number)s") % {
            "number": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def build_totp_svg(self, url: str) -> str:
        """Without styles, which our policy for contents refuses."""
        from qrcode import QRCode  # few processes ever need it

        code = QRCode()
        code.add_data(url)
        rows = code.get_matrix()
        squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        return format_html(
            '<svg class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="{label}">'
            '<rect width="{size}" height="{size}" fill="#fff"/><path fill="#000" d="{squares}"/></svg>',
            size=len(rows),
            label=gettext("QR code"),
            squares=squares,
        )
