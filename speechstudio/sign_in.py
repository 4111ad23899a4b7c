"""Settings of sign-in, which django-allauth does: passwords, second factors, sessions and throttling."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from speechstudio.environment import Environment

REAUTHENTICATION_SECONDS = 600
_FORMS, _SECOND = "endpoints.pages.forms.sign_in", "endpoints.pages.forms.second_factor"
_VALIDATION, _RULES = "django.contrib.auth.password_validation", "endpoints.access.password_rules"


def sign_in_settings(env: Environment, *, demo: bool, https: bool) -> dict[str, Any]:
    """Django's and django-allauth's settings, by their names; `endpoints.access` has our adapters."""
    idle_hours = env.int("SESSION_IDLE_HOURS", default=12)
    cache = env.cache("CACHE_URL")
    return {
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
            {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": f"{_RULES}.LeakedPasswordValidator"},
            {"NAME": f"{_RULES}.ContextWordsValidator", "OPTIONS": {"names": _names(env)}},
        ],
        "LOGIN_URL": "account_login",
        "LOGIN_REDIRECT_URL": "endpoints:list",
        "LOGOUT_REDIRECT_URL": "account_login",
        "AUTHENTICATION_BACKENDS": [
            "endpoints.access.backend.Grants",
            "allauth.account.auth_backends.AuthenticationBackend",
        ],
        "CACHES": {"default": cache},
        # endpoints/pages/sessions.py enforces both limits.
        "SESSION_IDLE_HOURS": idle_hours,
        "SESSION_COOKIE_AGE": idle_hours * 3600,
        "ACCOUNT_ADAPTER": "endpoints.access.accounts.Accounts",
        "ACCOUNT_FORMS": {
            "login": f"{_FORMS}.SignInForm",
            "reauthenticate": f"{_FORMS}.ConfirmForm",
            "change_password": f"{_FORMS}.ChangePasswordForm",
            "reset_password": f"{_FORMS}.ResetPasswordForm",
            "reset_password_from_key": f"{_FORMS}.NewPasswordForm",
        },
        "ACCOUNT_EMAIL_SUBJECT_PREFIX": "",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        "ACCOUNT_SIGNUP_ENABLED": False,
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS": False,
        "ACCOUNT_SESSION_REMEMBER": True,
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": REAUTHENTICATION_SECONDS,
        "ACCOUNT_RATE_LIMITS": {
            "login": "60/m/ip",
            "login_failed": "20/m/ip,5/m/key",  # a name is free again after a minute: nobody is locked out for ever
            "reset_password": "10/m/ip,3/h/key",
            "change_password": "10/m/user",
            "reauthenticate": "10/m/user",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_FORMS": {
            "authenticate": f"{_SECOND}.CodeForm",
            "authenticate_webauthn": f"{_SECOND}.PasskeyForm",
            "login_webauthn": f"{_SECOND}.PasskeySignInForm",
            "reauthenticate": f"{_SECOND}.ConfirmCodeForm",
            "activate_totp": f"{_SECOND}.SetUpCodeForm",
            "add_webauthn": f"{_SECOND}.AddPasskeyForm",
            "edit_webauthn": f"{_SECOND}.RenamePasskeyForm",
        },
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,  # company accounts have an address, which proves nothing here
        "MFA_ADAPTER": "endpoints.access.accounts.SecondFactors",
        "MFA_TOTP_ISSUER": "Speech Studio",
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": demo or not https,  # http://localhost, as in the demo
        **_company(env),
    }


def _names(env: Environment) -> list[str]:
    """Names of this installation and of the company, which passwords can't consist of."""
    lists = ("PASSWORD_WORDS", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS")
    listed = [item for name in lists for item in env.list(name, default=[])]
    return [*listed, *(env.str(name, default="") for name in ("SITE_URL", "PUBLIC_URL", "EMAIL_FROM"))]


def _company(env: Environment) -> dict[str, Any]:
    """Sign-in by the company's identity provider; without OIDC_ISSUER there is none."""
    issuer = env.str("OIDC_ISSUER", default="")
    client_id = env.str("OIDC_CLIENT_ID", default="")
    if bool(issuer) != bool(client_id):
        given, missing = ("OIDC_ISSUER", "OIDC_CLIENT_ID") if issuer else ("OIDC_CLIENT_ID", "OIDC_ISSUER")
        raise ImproperlyConfigured(f"{given} is set, but not {missing}.")
    app = {
        "provider_id": "company",
        "name": "company",
        "client_id": client_id,
        "secret": env.str("OIDC_CLIENT_SECRET", default=""),
        "settings": {"server_url": issuer.rstrip("/"), "issuer": issuer, "fetch_userinfo": False},
    }
    return {
        "SOCIALACCOUNT_ADAPTER": "endpoints.access.company.accounts.CompanyAccounts",
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app] if issuer else []}},
        "SOCIALACCOUNT_EMAIL_VERIFICATION": "none",
    }
