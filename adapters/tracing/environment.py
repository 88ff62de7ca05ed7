"""Whether the standard variables of OpenTelemetry switch tracing on."""

import os
from collections.abc import Mapping


def is_configured(environment: Mapping[str, str] = os.environ) -> bool:
    """Return whether the standard variables name a collector of traces, and do not switch tracing off."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environment.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(
        environment.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip() for name in ("ENDPOINT", "TRACES_ENDPOINT")
    )
