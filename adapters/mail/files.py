"""Mail written to files, for trying the service without a mail server."""

import asyncio
import os
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from secrets import token_hex

from adapters.mail.mime import mime_of
from application.mail.message import Message
from application.mail.ports import Mailer, MailNotSent

_OWNER_ONLY = 0o600


class FileMailer(Mailer):
    """A mailer that writes each message to a file `*.eml`.

    Messages contain tokens, so only the owner can read the files.
    """

    def __init__(self, directory: Path, *, sender: str) -> None:
        self._directory = directory
        self._sender = sender

    async def send(self, message: Message) -> None:
        try:
            await asyncio.to_thread(self._write, mime_of(message, sender=self._sender))
        except OSError as error:
            raise MailNotSent from error

    def _write(self, mime: EmailMessage) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{token_hex(4)}.eml"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as file:
            file.write(mime.as_bytes())
