"""Detection of OpenTelemetry's standard variables."""

import os
from collections.abc import Mapping


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the standard variables name a collector, and do not disable tracing."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(
        environment.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip() for name in ("ENDPOINT", "TRACES_ENDPOINT")
    )
