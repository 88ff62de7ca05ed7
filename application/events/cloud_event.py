"""Events in the format of CloudEvents 1.0, https://github.com/cloudevents/spec."""

import json
from datetime import UTC

from application.events.views import PublishedEvent

CONTENT_TYPE = "application/cloudevents+json"


def cloud_event(event: PublishedEvent, *, source: str) -> dict[str, object]:
    """Return the event in a CloudEvents envelope.

    `source` is the URL of the service. The pair of `source` and event id is globally unique.

    `partitionkey` and `sequence` are extensions that CloudEvents documents. Events with the same partition key are
    published in the sequence in which they occurred. Compare values of `sequence` as text.

    `aggregateversion` is an extension of this project.
    """
    return {
        "specversion": "1.0",
        "id": str(event.id),
        "source": source,
        "type": event.type,
        "subject": f"{event.aggregate_type}/{event.aggregate_id}",
        "time": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "dataschema": f"{source}/asyncapi.json#/components/schemas/{event.type}",
        "partitionkey": str(event.aggregate_id),
        "sequence": f"{event.position:019}",
        "aggregateversion": event.aggregate_version,
        "data": json.loads(event.data),
    }
