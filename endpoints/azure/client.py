"""The client of one Speech resource. Its operations are in one module for each subject."""

from types import TracebackType
from typing import Self

import httpx

from . import catalog, endpoints, logs, web_hooks
from .addresses import checked_endpoint, content_targets
from .base_client import BaseClient
from .contents import Contents
from .credentials import Credential, KeyAuthentication, TokenAuthentication
from .curl import Source, checked
from .errors import ForeignAddress
from .explain import explain, first_answering
from .network import PUBLIC, Network
from .observer import Observer
from .recognition import recognize
from .recognize_by import recognize_by
from .sending import Sender
from .streaming import recognize_at, recognize_by_web_socket
from .versions import Capabilities, version_named


class SpeechClient(BaseClient, Contents):
    """A client of one Speech resource.

    endpoint: https://REGION.api.cognitive.microsoft.com or the resource's own domain. key: either of its keys; or
    credential: anything with token() -> str, on the resource's own domain (identity.py makes them). Both go to that
    origin and to where recognize() and its kin are told to go. deadline: seconds for one operation with all its
    attempts (for a list: for each page). retries: False sends each request once, and a GET once more with a new token
    after a 401. network: where connections may lead, the proxy, and the certificate authorities. transport: another
    httpx transport for the API. observer: is told of each request to it. Threads may share a client. ValueError: an
    endpoint, key, version or deadline that cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        key: str | None = None,
        *,
        credential: Credential | None = None,
        api_version: str = "v3.2",
        deadline: float = 30.0,
        retries: bool = True,
        transport: httpx.BaseTransport | None = None,
        network: Network = PUBLIC,
        observer: Observer | None = None,
    ) -> None:
        address, version = checked_endpoint(endpoint), version_named(api_version)
        if (key is None) == (credential is None):
            raise ValueError("A Speech resource is asked with a key or with a credential, one of the two.")
        authentication = (
            TokenAuthentication(credential, address) if credential is not None else KeyAuthentication(key or "")
        )
        if not deadline > 0:
            raise ValueError("A deadline is a number of seconds above 0.")
        sender = Sender(authentication, version.name, deadline, retries, transport, network, observer)
        super().__init__(address, version, sender)
        self._retries, self._content_target = retries, content_targets(address)
        self._network = network

    def __repr__(self) -> str:
        return f"SpeechClient(endpoint={self.base!r}, api_version={self.version.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._sender.close()

    @property
    def capabilities(self) -> Capabilities:
        """What the API version can do; operations that it has not raise NotSupported."""
        return self.version.capabilities

    explain = explain
    first_answering = first_answering
    recognize = recognize
    recognize_at = recognize_at
    recognize_by = recognize_by
    recognize_by_web_socket = recognize_by_web_socket

    list_endpoints = endpoints.list_endpoints
    list_endpoint_locales = endpoints.list_endpoint_locales
    list_project_endpoints = endpoints.list_project_endpoints
    get_endpoint = endpoints.get_endpoint
    create_endpoint = endpoints.create_endpoint
    update_endpoint = endpoints.update_endpoint
    delete_endpoint = endpoints.delete_endpoint

    list_base_models = catalog.list_base_models
    get_base_model = catalog.get_base_model
    list_custom_models = catalog.list_custom_models
    get_custom_model = catalog.get_custom_model
    delete_custom_model = catalog.delete_custom_model
    list_projects = catalog.list_projects
    get_project = catalog.get_project
    list_project_datasets = catalog.list_project_datasets

    list_logs = logs.list_logs
    list_log_pages = logs.list_log_pages
    get_log = logs.get_log
    delete_log = logs.delete_log
    delete_logs = logs.delete_logs
    list_base_model_logs = logs.list_base_model_logs
    list_base_model_log_pages = logs.list_base_model_log_pages
    get_base_model_log = logs.get_base_model_log
    delete_base_model_log = logs.delete_base_model_log
    delete_base_model_logs = logs.delete_base_model_logs

    list_web_hooks = web_hooks.list_web_hooks
    get_web_hook = web_hooks.get_web_hook
    create_web_hook = web_hooks.create_web_hook
    update_web_hook = web_hooks.update_web_hook
    delete_web_hook = web_hooks.delete_web_hook
    ping_web_hook = web_hooks.ping_web_hook
    test_web_hook = web_hooks.test_web_hook

    def _source(self, url: str) -> Source:
        """Where content lies; neither the key nor a token goes there."""
        address = self._content_target(url)
        if address is None:
            sentence = "The file can't be downloaded because its address isn't HTTPS or leads to a private network."
            raise ForeignAddress(sentence, operation="content")
        return checked(Source(address), self._network)
