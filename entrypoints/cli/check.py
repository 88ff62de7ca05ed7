import sys
from typing import TYPE_CHECKING

import typer

from entrypoints.cli.failures import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from application.checks.ports import Finding
    from entrypoints.bootstrap.root import Container


def check() -> None:
    """Check that what must always be true of the shop is true of what the database holds.

    It reads everything, and keeps how many break a rule for GET /metrics. It ends with 1 if any does, and names them.
    """
    from entrypoints.cli.shop import in_shop

    async def run(container: "Container") -> "Sequence[Finding]":
        return await container.checks.check_shop()()

    findings = in_shop(run)
    for finding in findings:
        found = f"{finding.count} broken" if finding.count else "ok"
        typer.echo(f"{finding.invariant}  {found:9}  {finding.invariant.meaning}")
    broken = [finding for finding in findings if finding.count]
    if broken:
        sys.stdout.flush()
        raise CommandFailed(
            f"{len(broken)} of {len(findings)} invariants are broken.",
            [f"{each.invariant}: {', '.join(each.offenders)}" for each in broken],
        )
