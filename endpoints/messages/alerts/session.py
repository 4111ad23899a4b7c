"""HTTP for messages: sessions of requests that keep the rules of the network, whoever makes them.

Apprise's services call functions of requests that make a session each. In the process that sends a message (child.py)
this class takes the place of theirs, so that none can choose another proxy, authority or address, or follow a redirect.
"""

from typing import Any
from urllib.parse import urlsplit

import requests

from endpoints.azure.guard import PRIVATE, ClosedNetwork, guarded
from endpoints.azure.network import PUBLIC, Network, proxy_host

TIMEOUT = (5, 10)  # seconds to connect, and between two bytes; the process has a deadline besides


class Session(requests.Session):
    """`network` holds for all sessions of the process.

    `last`: the status of the latest answer and its Retry-After; `failed`: the latest error. Apprise keeps neither.
    """

    network: Network = PUBLIC
    last: tuple[int, str] | None = None
    failed: Exception | None = None

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        try:
            answer = self._send(request, options)
        except (requests.RequestException, OSError) as error:
            Session.failed = error
            raise
        Session.last = (answer.status_code, answer.headers.get("Retry-After", ""))
        return answer

    def _send(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        host = urlsplit(request.url or "").hostname or ""
        proxy = self.network.proxy_for(str(host))
        if proxy and not self.network.allows_behind_proxy(str(host)):
            raise ClosedNetwork(PRIVATE)
        options |= {
            "proxies": {"http": proxy, "https": proxy} if proxy else {},
            "verify": self.network.ca_file or True,
            "allow_redirects": False,
            "timeout": TIMEOUT,
            "cert": None,
        }
        with guarded(self.network, proxy_host(proxy) if proxy else ""):
            return super().send(request, **options)
