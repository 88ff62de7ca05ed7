"""Mail over SMTP (RFC 5321)."""

from urllib.parse import unquote, urlsplit

import aiosmtplib

from adapters.mail.mime import mime_of
from application.mail.message import Message
from application.mail.ports import AddressRefused, Mailer, MailNotSent

TIMEOUT = 15.0
"""The timeout of each step of the SMTP dialog, in seconds."""

_PERMANENT = 500
"""The lowest code of a permanent failure (RFC 5321, section 4.2.1)."""


class SmtpMailer(Mailer):
    """A mailer that uses the server at `smtp://user:password@host:587` or `smtps://…:465`.

    With smtp, the connection is encrypted if the server offers STARTTLS. A password is sent only over an encrypted
    connection. With smtps, the connection is encrypted from the beginning.
    """

    def __init__(self, url: str, *, sender: str, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        self._host = parts.hostname
        self._port = parts.port
        self._username = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls_from_the_beginning = parts.scheme == "smtps"
        self._sender = sender
        self._timeout = timeout

    async def send(self, message: Message) -> None:
        start_tls = True if self._username and not self._tls_from_the_beginning else None
        try:
            await aiosmtplib.send(
                mime_of(message, sender=self._sender),
                recipients=[message.to.typed],
                hostname=self._host,
                port=self._port,
                username=self._username,
                password=self._password,
                use_tls=self._tls_from_the_beginning,
                start_tls=start_tls,
                timeout=self._timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refusal.code >= _PERMANENT for refusal in error.recipients):
                raise AddressRefused from error
            raise MailNotSent from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailNotSent from error
