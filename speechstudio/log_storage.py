"""The storage of content logs: a local directory, or a bucket or container through django-storages.

LOG_STORAGE names the kind, LOG_STORAGE_OPTIONS is a JSON object with that storage's own options, such as
{"bucket_name": "logs", "region_name": "eu-central-1"} or {"account_name": "contoso", "azure_container": "logs"}.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

BACKENDS = {"s3": "endpoints.logs.storage.s3.S3", "azure": "endpoints.logs.storage.azure_blob.AzureBlob"}
AZURE_CREDENTIALS = ("account_key", "connection_string", "sas_token", "token_credential")


def log_storage(
    kind: str, options_json: str, directory: Path, network: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The entry of Django's STORAGES. Files are private, and existing ones are never overwritten.

    network: the fields of endpoints.azure.network.Network, for a bucket or container.
    """
    if not kind:
        local = {"location": str(directory), "file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": local}
    if kind not in BACKENDS:
        raise ImproperlyConfigured(f"LOG_STORAGE is {kind!r}; it can be s3, azure or empty for a directory.")
    options = _options(options_json)
    options |= {"file_overwrite": False, "default_acl": None} if kind == "s3" else {"overwrite_files": False}
    if kind == "azure" and not any(options.get(name) for name in AZURE_CREDENTIALS):
        from endpoints.azure.identity import default_source
        from endpoints.azure.network import Network

        options["token_credential"] = default_source(Network(**(network or {})))
    options["network"] = network
    return {"BACKEND": BACKENDS[kind], "OPTIONS": options}


def _options(options_json: str) -> dict[str, Any]:
    try:
        options = json.loads(options_json or "{}")
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise ImproperlyConfigured('LOG_STORAGE_OPTIONS is not a JSON object such as {"bucket_name": "logs"}.')
    return options
