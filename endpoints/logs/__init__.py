"""Content logs, by verb.

fetch: list the files that the service has, and fetch them. keep: what is archived here, and for how long.
download: the zips that people request. purge: deleting for good, on the service and here. storage: where our
copies are. transcripts: what a transcript says.

Pages import requests.py, settings.py and retention.py of a verb, storage and transcripts: none of these
imports the client of the service.
"""
