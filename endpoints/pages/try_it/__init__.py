"""Try it: what an endpoint hears in a recording that a person speaks or uploads."""
