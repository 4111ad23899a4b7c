"""Where content logs are fetched from: the service, or the customer's own storage container."""

from typing import TypeAlias

from endpoints import azure

# A text: the names would import the client, and the web server, which imports the tasks, does without it.
LogSource: TypeAlias = "azure.SpeechClient | azure.LogContainer"

SAS_SECONDS = 900  # how long the content addresses of a list are valid
