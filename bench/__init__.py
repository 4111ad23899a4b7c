"""Benchmarks: each part measures the product and its peers in turns, and returns rows of one table."""
