"""What the part `list` measures."""
