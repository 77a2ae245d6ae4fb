"""How far Hypothesis searches: the same bounded way each time.

`pytest tests/model --hypothesis-profile=long --timeout=0` goes on, elsewhere each time.
"""

from hypothesis import HealthCheck, Phase, settings

LONG = "long"

LONG_EXAMPLES = 5_000

settings.register_profile(LONG)


def proof(max_examples: int) -> settings:
    """The shortest way to harm is shown."""
    return _bounds(max_examples, (Phase.generate, Phase.shrink))


def hunt(max_examples: int) -> settings:
    """Any way to harm will do."""
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
