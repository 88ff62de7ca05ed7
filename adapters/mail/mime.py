"""Mail messages in the Internet Message Format (RFC 5322)."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, make_msgid, parseaddr

from application.mail.message import Message


def mime_of(message: Message, *, sender: str) -> EmailMessage:
    """Format the message. `sender` is an address, or a name with an address.

    An example is `Steelyard <shop@example.com>`. Raises ValueError for an address that mail software would decode to
    a different address.
    """
    recipient = message.to.typed
    mime = EmailMessage(policy=SMTP if recipient.isascii() else SMTPUTF8)
    mime["From"] = sender
    mime["To"] = recipient
    if [address.addr_spec for address in mime["To"].addresses] != [recipient]:
        raise ValueError("The address reads as another one.")
    mime["Subject"] = message.subject
    mime["Date"] = format_datetime(datetime.now(UTC))
    mime["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].partition("@")[2])
    mime["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
    mime.set_content(message.text)
    return mime
