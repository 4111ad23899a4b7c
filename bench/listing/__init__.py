"""The measurements of the part `list`."""
