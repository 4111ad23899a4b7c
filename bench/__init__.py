"""Benchmarks: each part measures the product beside its peers, in turns, and returns rows of one table."""
