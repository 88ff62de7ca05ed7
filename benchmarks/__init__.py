"""Benchmarks of the service and its peers on the same database: `python -m benchmarks`."""
