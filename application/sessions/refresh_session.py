from dataclasses import dataclass

from application.audit.entry import AuditAction
from application.sessions.tokens import SessionTokens, claims_of
from application.shared.ports import Clock, IdFactory, Randomness
from application.signing.ports import AccessTokens
from application.unit_of_work import UnitOfWorkFactory
from domain.sessions.refresh_token import SECRET_BYTES, InvalidRefreshToken, RefreshToken
from domain.sessions.session import RefreshTokenReused, SessionLifetime
from domain.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """Exchange a refresh token for an access token and a new refresh token, the successor.

    A refresh token can be exchanged only once, with two exceptions:

    - Within ten seconds after the first exchange, the token yields the same successor again. A client needs this
      if a response is lost, or if two browser tabs send the same token.
    - Within 24 hours after the first exchange, the token yields the successor once more, but only if the
      successor was never used.

    In all other cases, the reuse of a token ends the session, because the token was probably stolen.
    """

    unit_of_work: UnitOfWorkFactory
    tokens: AccessTokens
    clock: Clock
    ids: IdFactory
    randomness: Randomness
    lifetime: SessionLifetime

    async def __call__(self, refresh_token: str, *, actor: Actor) -> SessionTokens:
        """Return the tokens. `actor` has no id, because the caller is not authenticated yet.

        Raises AccountDisabled, Overloaded, and InvalidRefreshToken.

        If the reuse of a token ends the session, this change is committed before InvalidRefreshToken is raised.
        """
        shown = RefreshToken.parse(refresh_token)
        fresh_secret = self.randomness.token_bytes(SECRET_BYTES)
        async with self.unit_of_work(actor) as work:
            session = await work.sessions.find_by_family(shown.family_hash)
            if session is None:
                raise InvalidRefreshToken
            now, reissued_before = self.clock.now(), session.reissued_at
            try:
                successor = session.refresh(shown, fresh_secret, lifetime=self.lifetime, now=now)
            except RefreshTokenReused:
                await work.sessions.remove([session])
                work.audit.record(
                    AuditAction.SESSION_TOKEN_REUSED, session.id, at=now, user_id=str(session.user_id)
                )
                await work.commit()
                raise InvalidRefreshToken from None
            user = await work.users.peek(session.user_id)
            if user is None:
                raise InvalidRefreshToken
            user.ensure_active()
            if session.reissued_at != reissued_before:
                work.audit.record(
                    AuditAction.SESSION_TOKEN_REISSUED, session.id, at=now, user_id=str(session.user_id)
                )
            # If the token was exchanged before, the session may be unchanged. The session is saved nevertheless,
            # because the commit of the first exchange may not be durable yet.
            await work.sessions.save(session)
            await work.commit()
        access = self.tokens.issue(claims_of(user, session, self.ids.new()), now=now)
        return SessionTokens(access, successor)
