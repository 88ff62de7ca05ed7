"""The number of examples that Hypothesis tries: small in the suite, larger in a campaign."""

import os

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

EFFORT = int(os.environ.get("STEELYARD_TEST_EFFORT", "1"))
"""The factor by which a campaign increases the number of examples."""

EXAMPLES = 30
"""The number of examples per property-based test in the suite. Each run draws different examples."""


def run_state_machine(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run the state machine with limits on examples and steps.

    Raises the error of a failing example.
    """
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples * EFFORT,
            stateful_step_count=steps,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
