import stat
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from adapters.mail.files import FileMailer
from application.mail.message import Message
from application.mail.ports import MailNotSent
from entrypoints.email_addresses import sought_email_address

MESSAGE = Message(sought_email_address("ann@example.com"), "Grüße", "Zoë: token-1\n")
SENDER = "Our shop <shop@example.com>"


async def test_mail_files_are_readable_only_by_the_owner_of_the_files(tmp_path: Path) -> None:
    mailer = FileMailer(tmp_path / "not" / "there", sender=SENDER)
    for _ in range(3):
        await mailer.send(MESSAGE)
    files = list((tmp_path / "not" / "there").glob("*.eml"))
    assert len(files) == 3
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        read = message_from_bytes(file.read_bytes(), policy=default)
        assert (read["From"], read["To"], read["Subject"]) == (SENDER, "ann@example.com", "Grüße")
        assert read["Message-ID"].endswith("@example.com>")
        assert read["Auto-Submitted"] == "auto-generated"
        assert read.get_content().replace("\r\n", "\n") == "Zoë: token-1\n"


async def test_mail_to_an_unwritable_directory_is_reported_as_not_sent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MailNotSent):
        await FileMailer(tmp_path / "file", sender=SENDER).send(MESSAGE)


def test_repr_of_a_mail_message_hides_the_message_text() -> None:
    assert "token-1" not in repr(MESSAGE)
