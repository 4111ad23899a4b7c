"""Where content logs are fetched from: the service, or the customer's own storage container."""

from endpoints import azure

LogSource = azure.SpeechClient | azure.LogContainer

SAS_SECONDS = 900  # how long the content addresses of a list are valid
