"""Watching what endpoints answer: probes tell which model it is."""
