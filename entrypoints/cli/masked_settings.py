"""Readable texts of the settings. Secrets are masked."""

from datetime import timedelta

from sqlalchemy.engine import make_url

from entrypoints.setting_names import variable_of
from entrypoints.settings import Settings


def _formatted(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _iso_duration(duration: timedelta) -> str:
    """Format a duration as in ISO 8601, with days as the largest unit: P365D, not P1Y."""
    seconds = duration.total_seconds() - duration.days * 86_400
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    days = f"{duration.days}D" if duration.days else ""
    time = "".join(
        f"{amount:g}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if amount
    )
    return f"P{days}{'T' + time if time or not days else ''}{'' if time or days else '0S'}"


def masked(settings: Settings) -> dict[str, str]:
    """Return all settings by the names of their variables.

    Secrets are masked, and unset values are empty.
    """
    values = {
        name: _iso_duration(value) if isinstance(value := getattr(settings, name), timedelta) else dumped
        for name, dumped in settings.model_dump(mode="json").items()
    }
    shown = {variable_of(name): _formatted(value) for name, value in values.items()}
    for name in ("database_url", "database_read_url"):
        if value := getattr(settings, name):
            url = make_url(value)
            url = url.update_query_dict({key: "hidden" for key in url.query if "pass" in key})
            shown[variable_of(name)] = url.render_as_string(hide_password=True)
    return shown
