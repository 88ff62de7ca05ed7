"""Views of sessions. No view contains a token or its hash."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from domain.sessions.session import Session
from domain.shared.ids import SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    id: SessionId
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls(
            id=session.id,
            user_agent=session.user_agent,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
        )
