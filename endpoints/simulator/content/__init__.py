"""Blob storage: the origin of content URLs, the storage container, and the log and model files in it."""
