import sys
from typing import TYPE_CHECKING

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from application.checks.ports import Finding
    from domain.payments.payment import PaymentMethod
    from entrypoints.bootstrap.root import Container


def check() -> None:
    """Check that all invariants of the shop hold in the database.

    Reads the whole database, and stores the number of violations, so that GET /metrics can return it.

    If an invariant is broken, the exit code is 1, and the output names the objects that break the invariant. If the
    provider of a payment is not configured, the command prints a warning and continues.
    """
    from entrypoints.cli.shop import in_shop

    async def run(container: "Container") -> "tuple[Sequence[Finding], Mapping[PaymentMethod, int]]":
        missing = await container.payments.find_missing_providers()()
        return await container.checks.check_shop()(), missing

    findings, missing = in_shop(run)
    for finding in findings:
        result = f"{finding.count} broken" if finding.count else "ok"
        typer.echo(f"{finding.invariant:3}  {result:9}  {finding.invariant.meaning}")
    for method, count in missing.items():
        typer.echo(
            f"Warning: {count} payments and refunds of {method} are not settled: it is not configured."
        )
    broken = [finding for finding in findings if finding.count]
    if broken:
        sys.stdout.flush()
        raise CommandFailed(
            f"{len(broken)} of {len(findings)} invariants are broken.",
            [f"{each.invariant}: {', '.join(each.offenders)}" for each in broken],
        )
