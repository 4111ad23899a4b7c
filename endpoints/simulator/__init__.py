"""A simulator of the Speech to text REST API, written from its published contract. See README.md."""
