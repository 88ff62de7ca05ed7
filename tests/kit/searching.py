"""How long Hypothesis looks for a way to break a rule: briefly in the suite, longer in a campaign."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EFFORT = int(os.environ.get("STEELYARD_TEST_EFFORT", "1"))
"""How many times as often as the suite does it."""


def search(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Let the machine run so many times, so many steps at most, and raise what it found."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            deadline=None,
            max_examples=examples * EFFORT,
            stateful_step_count=steps,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
