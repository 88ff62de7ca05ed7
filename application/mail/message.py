"""Mail templates, in plain text."""

from dataclasses import dataclass, field
from datetime import datetime

from domain.shared.ids import EndpointId
from domain.users.email_address import EmailAddress


@dataclass(frozen=True, slots=True)
class Message:
    """A message to one e-mail address. Keep messages secret, because messages can contain tokens."""

    to: EmailAddress
    subject: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailTemplates:
    """Mail templates. `storefront` is the URL of the shop's web pages, or None.

    Messages contain links to these pages. A link contains a token in its fragment. Browsers do not send
    fragments to servers, so no server logs the token.
    """

    storefront: str | None

    def verify_email(self, to: EmailAddress, token: str, *, requested_at: datetime) -> Message:
        """Return the message that asks the reader to confirm one sign-up.

        The message contains the time of the sign-up, so that the reader can identify the sign-up. The message does
        not contain the name, because anyone can sign up with any name.
        """
        return Message(
            to,
            "Is this your address?",
            f"Somebody, hopefully you, signed up with this address on {requested_at:%Y-%m-%d at %H:%M:%S} UTC.\n"
            "To open the account with the password that was chosen then, within a day\n"
            f"{self._way(token, page='verify-email', operation='POST /v1/users/verify-email')}\n\n"
            "If it was not you, or not at that time, do nothing: without your help no account is opened.\n",
        )

    def confirm_email(self, to: EmailAddress, token: str) -> Message:
        return Message(
            to,
            "Is this your new address?",
            "Somebody, hopefully you, wants to use this address for an account.\n"
            f"To change the account's address, within a day {self._way(token, page='verify-email', operation='POST /v1/users/verify-email')}\n\n"
            "If it was not you, do nothing: without your help no account gets this address.\n",
        )

    def email_in_use(self, to: EmailAddress) -> Message:
        return Message(
            to,
            "You have an account already",
            "Somebody, perhaps you, wanted to use this address for another account.\n"
            "It has an account already. Nothing has changed.\n",
        )

    def email_change_notice(self, to: EmailAddress) -> Message:
        return Message(
            to,
            "Your address is about to change",
            "Somebody, hopefully you, asked to replace this address of your account.\n"
            "It changes when the message to the new address is confirmed.\n\n"
            "If it was not you, choose a new password now: that ends other sessions\n"
            "and prevents the change.\n",
        )

    def email_changed(self, to: EmailAddress) -> Message:
        return Message(
            to,
            "Your address has changed",
            "Your account has a new address, and this one no longer belongs to it.\n"
            "If it was not you who changed it, contact the shop.\n",
        )

    def address_known(self, to: EmailAddress) -> Message:
        return Message(
            to,
            "You have an account already",
            "Somebody, perhaps you, has tried to sign up with this address, which has an account already. Nothing\n"
            "has changed. If you have forgotten your password, ask for a new one where you log in.\n",
        )

    def reset_password(self, to: EmailAddress, token: str) -> Message:
        return Message(
            to,
            "A new password",
            "Somebody, hopefully you, wants a new password for the account with this address. To choose one, within\n"
            f"half an hour {self._way(token, page='reset-password', operation='POST /v1/password-resets/confirm')}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n",
        )

    def endpoint_paused(
        self, to: EmailAddress, endpoint_id: EndpointId, host: str, *, failing_since: datetime
    ) -> Message:
        return Message(
            to,
            "A webhook endpoint is paused",
            f"No event could be delivered to a webhook endpoint at {host} since\n"
            f"{failing_since:%Y-%m-%d at %H:%M} UTC, so it is paused. Its events wait.\n\n"
            f"    {endpoint_id}\n\n"
            "To resume it when it works again, send\n"
            f'PATCH /v1/webhook-endpoints/{endpoint_id} with {{"paused": false}}.\n',
        )

    def endpoint_blocked(self, to: EmailAddress, endpoint_id: EndpointId, host: str) -> Message:
        return Message(
            to,
            "A webhook endpoint is blocked",
            f"The owner of a webhook endpoint at {host} may no longer read all of its events. Those\n"
            "that the owner may not read wait.\n\n"
            f"    {endpoint_id}\n\n"
            "To send them, give the endpoint an owner that may read them, with\n"
            f"POST /v1/webhook-endpoints/{endpoint_id}/transfer.\n",
        )

    def _way(self, token: str, *, page: str, operation: str) -> str:
        if self.storefront is None:
            return f"send this token to {operation}:\n\n    {token}"
        return f"open this page:\n\n    {self.storefront}/{page}#token={token}"
