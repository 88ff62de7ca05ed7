from adapters.postgres.core.result_row import ResultRow
from domain.sessions.session import Session
from domain.shared.ids import SessionId, UserId


def session_values(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "user_id": session.user_id,
        "family_hash": session.family_hash,
        "secret_hash": session.secret_hash,
        "former_secret_hash": session.former_secret_hash,
        "sealed_successor": session.sealed_successor,
        "reissued_at": session.reissued_at,
        "user_agent": session.user_agent,
        "created_at": session.created_at,
        "last_used_at": session.last_used_at,
        "expires_at": session.expires_at,
    }


def session_from(row: ResultRow) -> Session:
    return Session(
        id=SessionId(row.id),
        user_id=UserId(row.user_id),
        family_hash=row.family_hash,
        secret_hash=row.secret_hash,
        former_secret_hash=row.former_secret_hash,
        sealed_successor=row.sealed_successor,
        reissued_at=row.reissued_at,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )
