"""Quality values of Accept headers, and the choice between two media types.

RFC 9110, section 12.4.2 defines quality values.
"""

import re
from collections.abc import Iterator

_QUALITY = re.compile(r"q=([01](?:\.[0-9]{0,3})?)")


def prefers(accept: str, preferred: str, over: str) -> bool:
    """Return whether the client prefers the media type `preferred` to `over`."""
    qualities = dict(qualities_of(accept.lower()))
    return _quality(qualities, preferred) > _quality(qualities, over)


def qualities_of(accept: str) -> Iterator[tuple[str, float]]:
    """Yield each member of a header such as Accept, in lower case and with the member's quality."""
    for part in accept.split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next(filter(None, map(_QUALITY.fullmatch, parameters)), None)
        yield media_range, float(quality[1]) if quality else 1.0


def _quality(qualities: dict[str, float], media_type: str) -> float:
    for media_range in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if media_range in qualities:
            return qualities[media_range]
    return 0.0
