"""A stand-in for the Speech to text REST API v3.2, written from its published contract. See README.md."""
