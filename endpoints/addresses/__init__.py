"""Addresses: names that programs ask which endpoint to connect to. People move them; the endpoints stay as they are."""
