"""Mail sent to a real SMTP server."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.mail.smtp import SmtpMailer
from application.mail.message import Message
from application.mail.ports import AddressRefused, MailNotSent
from entrypoints.email_addresses import sought_email_address
from tests.kit.certificates import self_signed

MESSAGE = Message(sought_email_address("ann@example.com"), "A new password", "Zoë: token-1\n")
SENDER = "Our shop <shop@example.com>"


class RecordingSmtpHandler:
    """The handler of an SMTP server.

    The handler records accepted messages, and has a configurable reply.
    """

    def __init__(self) -> None:
        self.accepted: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.answer = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the method name that the library requires
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the method name that the library requires
        self.accepted.append(envelope)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(self, *arguments: Any) -> AuthResult:
        sent = arguments[-1]
        return AuthResult(success=sent == LoginPassword(b"shop", b"canary p@ss"))


@pytest.fixture
def handler() -> RecordingSmtpHandler:
    return RecordingSmtpHandler()


@contextmanager
def serving(handler: RecordingSmtpHandler, **options: Any) -> Iterator[int]:
    """Run a server on a free port, and yield the port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    controller = Controller(
        handler, hostname="127.0.0.1", port=port, authenticator=handler.authenticate, **options
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's TLS context, with a certificate that is trusted during the test."""
    certificate = self_signed(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


async def test_sent_message_arrives_unchanged(handler: RecordingSmtpHandler) -> None:
    with serving(handler) as port:
        await SmtpMailer(f"smtp://127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
    (envelope,) = handler.accepted
    assert (envelope.mail_from, envelope.rcpt_tos) == ("shop@example.com", ["ann@example.com"])
    assert isinstance(envelope.content, bytes)
    read = message_from_bytes(envelope.content, policy=default)
    assert (read["From"], read["To"], read["Subject"]) == (SENDER, "ann@example.com", "A new password")
    assert read.get_content().replace("\r\n", "\n") == MESSAGE.text


async def test_smtp_connection_is_encrypted_if_the_server_supports_encryption(
    handler: RecordingSmtpHandler, tls: ssl.SSLContext
) -> None:
    with serving(handler, tls_context=tls) as port:
        await SmtpMailer(f"smtp://127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
        await SmtpMailer(f"smtp://shop:canary%20p%40ss@127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
    assert handler.encrypted == [True, True]


async def test_smtps_connection_is_encrypted_from_its_first_byte(
    handler: RecordingSmtpHandler, tls: ssl.SSLContext
) -> None:
    with serving(handler, ssl_context=tls, auth_require_tls=False) as port:
        await SmtpMailer(f"smtps://shop:canary%20p%40ss@127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
    assert len(handler.accepted) == 1


async def test_sending_mail_with_an_smtp_password_requires_encryption(handler: RecordingSmtpHandler) -> None:
    with serving(handler, auth_require_tls=False) as port:
        mailer = SmtpMailer(f"smtp://shop:canary%20p%40ss@127.0.0.1:{port}", sender=SENDER)
        with pytest.raises(MailNotSent):
            await mailer.send(MESSAGE)
    assert handler.accepted == []


async def test_message_cannot_be_sent_with_a_wrong_smtp_password(
    handler: RecordingSmtpHandler, tls: ssl.SSLContext
) -> None:
    with serving(handler, tls_context=tls) as port:
        mailer = SmtpMailer(f"smtp://shop:wrong@127.0.0.1:{port}", sender=SENDER, timeout=1)
        with pytest.raises(MailNotSent):
            await mailer.send(MESSAGE)
    assert handler.accepted == []


@pytest.mark.parametrize(
    ("answer", "failure"), [("550 No such mailbox", AddressRefused), ("451 Try again later", MailNotSent)]
)
async def test_permanent_and_temporary_smtp_errors_are_distinguished(
    handler: RecordingSmtpHandler, answer: str, failure: type[Exception]
) -> None:
    handler.answer = answer
    with serving(handler) as port, pytest.raises(failure):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
    assert handler.accepted == []


async def test_sending_mail_fails_if_the_mail_server_is_silent_or_stopped() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(MailNotSent):
            await SmtpMailer(f"smtp://127.0.0.1:{port}", sender=SENDER, timeout=0.2).send(MESSAGE)
    with pytest.raises(MailNotSent):
        await SmtpMailer(f"smtp://127.0.0.1:{port}", sender=SENDER).send(MESSAGE)
