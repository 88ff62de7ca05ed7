from adapters.postgres.core.result_row import ResultRow
from domain.shared.ids import UserId
from domain.users.email_address import EmailAddress
from domain.users.permissions import Role
from domain.users.user import User, UserStatus


def user_values(user: User) -> dict[str, object]:
    return {
        "id": user.id,
        "email": user.email.normalized if user.email else None,
        "email_typed": user.email.typed if user.email else None,
        "full_name": user.full_name,
        "role": user.role,
        "status": user.status,
        "email_verified": user.email_verified,
        "password_hash": user.password_hash,
        "password_changed_at": user.password_changed_at,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "version": user.version,
    }


def user_from(row: ResultRow) -> User:
    # A former release can run at the same time. It replaces the e-mail address of a closed account with a
    # placeholder.
    has_address = row.email is not None and row.status != UserStatus.CLOSED
    return User(
        id=UserId(row.id),
        email=EmailAddress.stored(row.email, row.email_typed) if has_address else None,
        full_name=row.full_name,
        role=Role(row.role),
        status=UserStatus(row.status),
        email_verified=row.email_verified,
        password_hash=row.password_hash,
        password_changed_at=row.password_changed_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        version=row.version,
    )
