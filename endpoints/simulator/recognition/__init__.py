"""Short audio recognition and the access tokens of the token service."""
