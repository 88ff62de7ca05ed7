"""Problems of the service: limits, load and failures."""

from entrypoints.http.problems.problem_type import ProblemType

SERVICE_PROBLEMS = (
    ProblemType(
        code="idempotency_in_flight",
        status=409,
        title="The same request is still being worked on",
        meaning="Another request with this Idempotency-Key has not ended yet.",
        remedy="Send the request again after as many seconds as Retry-After says, with the same key.",
        detail="A request with this idempotency key is still being worked on. Try again shortly.",
        headers=("Retry-After",),
    ),
    ProblemType(
        code="rate_limited",
        status=429,
        title="Too many requests",
        meaning="You have used up the quota that the header RateLimit-Policy describes.",
        remedy="Wait for as many seconds as Retry-After says. The header RateLimit tells what remains.",
        detail="Too many requests. Try again later.",
        headers=("Retry-After", "RateLimit", "RateLimit-Policy"),
    ),
    ProblemType(
        code="internal_error",
        status=500,
        title="Internal error",
        meaning="Something unexpected has gone wrong on our side; it stands in the log under the request's id.",
        remedy="Try again. If it goes wrong again, report the `request_id`.",
        detail=None,
    ),
    ProblemType(
        code="overloaded",
        status=503,
        title="The service is busy",
        meaning="More requests are waiting than can be answered in time. This one was not begun.",
        remedy="Try again after as many seconds as Retry-After says.",
        detail="The service is busy. Try again shortly.",
        headers=("Retry-After",),
    ),
    ProblemType(
        code="database_unavailable",
        status=503,
        title="The database does not answer",
        meaning=(
            "The database cannot be reached, accepts no writes, or does not confirm a commit, for example because its "
            "standby is lost. The request is undecided: its change may or may not have been kept."
        ),
        remedy="Send the request again after as many seconds as Retry-After says, with the same Idempotency-Key: the answer decides.",
        detail="The database does not answer. Try again shortly, with the same idempotency key.",
        headers=("Retry-After",),
    ),
    ProblemType(
        code="schema_outdated",
        status=503,
        title="The database schema is outdated",
        meaning="The database lacks a migration that this release of the service needs.",
        remedy="Operators run the command `db upgrade` of this release.",
        detail="The database schema is outdated. Run the command `db upgrade` of this release.",
        headers=("Retry-After",),
    ),
    ProblemType(
        code="release_outdated",
        status=503,
        title="The release is outdated",
        meaning="A newer release has migrated the database, and the schema no longer permits this release of the service.",
        remedy="Operators start a newer release, or run its `db downgrade`.",
        detail="The database schema needs a newer release of the service.",
        headers=("Retry-After",),
    ),
    ProblemType(
        code="shutting_down",
        status=503,
        title="The service is shutting down",
        meaning="This process takes no new requests, because it is being stopped or replaced.",
        remedy="Send the request again after as many seconds as Retry-After says.",
        detail="The service is shutting down. Try again shortly.",
        headers=("Retry-After",),
    ),
)
