"""Settings of the addresses under which people, and Azure, reach the product."""

from typing import NamedTuple
from urllib.parse import urlsplit

from speechstudio.environment import Environment


class SiteSettings(NamedTuple):
    site_url: str
    public_url: str
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]


LOCAL = ["localhost", "127.0.0.1", "[::1]"]


def site_settings(env: Environment, script_name: str) -> SiteSettings:
    """SITE_URL and PUBLIC_URL without the path prefix, which every address of a page or hook begins with.

    The host of SITE_URL need not be repeated in ALLOWED_HOSTS, nor its origin in CSRF_TRUSTED_ORIGINS.
    """
    site, public = (
        env.str(name, default="").rstrip("/").removesuffix(script_name) for name in ("SITE_URL", "PUBLIC_URL")
    )
    hosts, origins = env.list("ALLOWED_HOSTS", default=LOCAL), env.list("CSRF_TRUSTED_ORIGINS", default=[])
    host = host_of(site)
    return SiteSettings(
        site,
        public,
        hosts if not host or host in hosts else [*hosts, host],
        origins if not host or site in origins else [*origins, site],
    )


def host_of(site: str) -> str:
    """The host name of an origin, as ALLOWED_HOSTS has it; "" for anything but an origin, which a check reports."""
    try:
        parts = urlsplit(site)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or site != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        return ""
    return f"[{host}]" if ":" in host else host
