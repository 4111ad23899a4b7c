"""Alerts: what is new, and how a person wants to be told."""
