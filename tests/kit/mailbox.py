import asyncio
import re

from application.mail.message import Message
from application.mail.ports import AddressRefused, Mailer, MailNotSent


class Mailbox(Mailer):
    """A fake mail server. By default, it accepts every message.

    If the test has added errors to `failures`, each of the next messages fails with one of these errors.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.failures: list[MailNotSent | AddressRefused] = []
        self.broken: set[str] = set()
        """Addresses whose messages cannot be formatted."""

    async def send(self, message: Message) -> None:
        await asyncio.sleep(0)
        if self.failures:
            raise self.failures.pop(0)
        if message.to.normalized in self.broken:
            raise ValueError("Header values may not contain linefeed characters.")
        self.messages.append(message)

    def token(self, message: int = -1) -> str:
        """Return the token in a mailed message, by default in the last message."""
        (token,) = re.findall(r"^    ([A-Za-z0-9_-]{43})$", self.messages[message].text, re.MULTILINE)
        return str(token)
