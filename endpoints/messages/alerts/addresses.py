"""Which services of Apprise a channel may name. Each of them is reached by HTTPS, and by the requests library alone."""

import re
from urllib.parse import unquote, urlsplit

# By the scheme of Apprise's URL. Plain HTTP, plain sockets, local programs, desktops and files are not among them.
SERVICES = {
    "workflows": "Microsoft Teams (workflow)",
    "msteams": "Microsoft Teams (connector)",
    "slack": "Slack",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "splunk": "Splunk On-Call",
    "victorops": "Splunk On-Call",
    "discord": "Discord",
    "gchat": "Google Chat",
    "wxteams": "Webex",
    "tgram": "Telegram",
    "pover": "Pushover",
    "signl4": "SIGNL4",
    "pagertree": "PagerTree",
    "mmosts": "Mattermost",
    "rockets": "Rocket.Chat",
    "ntfys": "ntfy",
    "gotifys": "Gotify",
}
# Addresses that these services show to people, which Apprise reads as well: hosts and the domains of hosts.
NATIVE = (
    *("hooks.slack.com", "discord.com", "chat.googleapis.com", ".webhook.office.com"),
    *(".logic.azure.com", ".api.powerplatform.com"),
)
TEMPLATE = re.compile(r"template\s*=", re.IGNORECASE)


def is_service(address: str) -> bool:
    """Whether an Apprise URL, or an address that one of these services has shown, names one of SERVICES.

    `template=` names a file that Apprise would read and send; it looks for it behind a # as well.
    """
    if TEMPLATE.search(unquote(address)):
        return False
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.scheme == "https":
        return any(host == one or (one.startswith(".") and host.endswith(one)) for one in NATIVE)
    return parts.scheme.lower() in SERVICES and len(address) > len(parts.scheme) + len("://")
