from dataclasses import dataclass

from application.unit_of_work import UnitOfWorkFactory
from domain.shared.errors import NotFound
from domain.shared.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class EndSession:
    """Log out on one device. Its refresh token is worthless at once, an access token after some minutes."""

    unit_of_work: UnitOfWorkFactory

    async def __call__(self, session_id: SessionId, *, of: UserId) -> None:
        """Raise NotFound unless the user has such a session."""
        async with self.unit_of_work() as work:
            session = await work.sessions.get(session_id)
            if session is None or session.user_id != of:
                raise NotFound("There is no such session.")
            await work.sessions.remove([session])
            await work.commit()
