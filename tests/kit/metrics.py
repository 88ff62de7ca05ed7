from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest

from entrypoints.metrics.exposition import ServiceMetrics


class MetricsReader:
    """Reads the metrics of all processes that share a directory, as a scrape does."""

    def __init__(self, directory: Path) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(ServiceMetrics(directory))

    def value(self, sample: str, /, **labels: str) -> float | None:
        """Return the value of a metric's sample, or None if there is no such sample."""
        return self._registry.get_sample_value(sample, labels)

    def text(self) -> str:
        return generate_latest(self._registry).decode()
