"""The messages of a JetStream stream, in the form in which consumers receive messages."""

import json
from dataclasses import dataclass
from typing import Any

import nats
from nats.js.errors import NotFoundError

STREAM, PREFIX, SOURCE = "STEELYARD", "steelyard", "http://shop"


@dataclass(frozen=True, slots=True)
class StoredMessage:
    subject: str
    message_id: str
    content_type: str
    event: dict[str, Any]


async def stored_messages(url: str) -> list[StoredMessage]:
    """Return all messages of the stream, oldest first."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream()
        try:
            state = (await stream.stream_info(STREAM)).state
        except NotFoundError:
            return []
        messages = [await stream.get_msg(STREAM, number) for number in range(1, state.last_seq + 1)]
    finally:
        await client.close()
    return [
        StoredMessage(
            message.subject or "",
            (message.headers or {})["Nats-Msg-Id"],
            (message.headers or {})["Content-Type"],
            json.loads(message.data or b""),
        )
        for message in messages
    ]
