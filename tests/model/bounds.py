"""How far Hypothesis searches: the same bounded way on each run.

`pytest tests/model --hypothesis-profile=long --timeout=0` searches further, and differently on each run;
`python -m bench model` does that on all cores and counts.
"""

import os

from hypothesis import HealthCheck, Phase, settings

LONG = "long"

LONG_EXAMPLES = int(os.environ.get("MODEL_SEQUENCES", "5000"))

settings.register_profile(LONG)


def proof(max_examples: int) -> settings:
    """Shrinks a failure to the shortest sequence of events that causes it."""
    return _bounds(max_examples, (Phase.generate, Phase.shrink))


def hunt(max_examples: int) -> settings:
    """Does not shrink: any sequence of events that breaks a promise will do."""
    return _bounds(max_examples, (Phase.generate,))


def _bounds(max_examples: int, phases: tuple[Phase, ...]) -> settings:
    long = settings.get_current_profile_name() == LONG
    return settings(
        max_examples=LONG_EXAMPLES if long else max_examples,
        derandomize=not long,
        stateful_step_count=40,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
