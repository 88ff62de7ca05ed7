"""Benchmarks of the service and of peers that do the same work on the same database: `python -m benchmarks`."""
