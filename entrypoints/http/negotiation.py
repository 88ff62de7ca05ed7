"""Which of two forms of an answer a client would rather have (RFC 9110, section 12.5.1)."""

import re

_RANGE = re.compile(r"\s*([^\s;,]+/[^\s;,]+)\s*(?:;[^,]*?\bq=([01](?:\.\d{0,3})?))?[^,]*", re.IGNORECASE)


def prefers(accept: str, wanted: str, over: str) -> bool:
    """Tell whether the header Accept gives the media type `wanted` a higher quality than `over`."""
    qualities = {kind.lower(): float(quality or 1) for kind, quality in _RANGE.findall(accept)}
    return _quality(qualities, wanted) > _quality(qualities, over)


def _quality(qualities: dict[str, float], media_type: str) -> float:
    for media_range in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0
