"""How fast the service is, beside others that do the same work on the same database: `python -m benchmarks`."""
