from dataclasses import dataclass

from application.mail.request import MailKind, MailRequest
from application.shared.ports import Clock
from application.throttling.throttle import Throttle
from application.unit_of_work import UnitOfWorkFactory
from domain.users.attempts import Attempt, AttemptKind
from domain.users.email_address import EmailAddress


@dataclass(frozen=True, slots=True)
class RequestPasswordReset:
    """Request a message with a token to reset the password.

    The account is looked up later, when the message is written. The response and the response time are the same for
    all e-mail addresses.
    """

    unit_of_work: UnitOfWorkFactory
    throttle: Throttle
    clock: Clock

    async def __call__(self, address: EmailAddress, *, network: str) -> None:
        """Request the message. `network` is the client's network.

        Raises TooManyAttempts, Overloaded.
        """
        request = MailRequest.made(MailKind.PASSWORD_RESET, address, now=self.clock.now())
        async with self.unit_of_work() as work:
            await self.throttle.admit(work, Attempt(AttemptKind.PASSWORD_RESET, address.normalized, network))
            await work.mail.add(request)
            await work.commit()
