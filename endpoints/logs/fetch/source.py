"""Where content logs are fetched from: the service, or the customer's own storage container."""

from typing import TypeAlias

from endpoints import azure

# A text: the names would import the client, and the web server, which imports the tasks, does without it.
LogSource: TypeAlias = "azure.SpeechClient | azure.LogContainer"

SAS_SECONDS = 900  # how long the content addresses of a list are valid


def says_gone(error: Exception) -> bool:
    """Whether the service, or the storage that is read instead of it, says that there is no such thing.

    A 404 to an operation of the service may also come from a gateway, a wrong address or a retired version.
    """
    return isinstance(error, azure.NotFound) and (error.says_gone or not error.operation.startswith("Endpoints_"))
