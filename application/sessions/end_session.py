from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.shared.ports import Clock
from application.unit_of_work import UnitOfWorkFactory
from domain.shared.actor import Actor
from domain.shared.errors import NotFound
from domain.shared.ids import SessionId


@dataclass(frozen=True, slots=True)
class EndSession:
    """End a session.

    The refresh token becomes invalid immediately. The access tokens become invalid within some minutes.
    """

    unit_of_work: UnitOfWorkFactory
    clock: Clock

    async def __call__(self, session_id: SessionId, *, actor: Actor) -> None:
        """End the session. Raises NotFound if the actor has no such session."""
        async with self.unit_of_work(actor) as work:
            session = await work.sessions.get(session_id)
            if session is None or session.user_id != actor.id:
                raise NotFound("There is no such session.")
            await work.sessions.remove([session])
            work.audit.record(
                AuditAction.SESSION_ENDED, session.id, at=self.clock.now(), user_id=str(session.user_id)
            )
            await work.commit()
