"""Benchmarks of the service and of its peers, which are other implementations of the API: `python -m benchmarks`."""
