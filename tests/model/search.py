"""How far Hypothesis searches: the same bounded way each time; `pytest tests/model --hypothesis-profile=long` goes on."""

from hypothesis import HealthCheck, Phase, settings

LONG = "long"

settings.register_profile(LONG, max_examples=5_000)


def search(max_examples: int) -> settings:
    long = settings.get_current_profile_name() == LONG
    return settings(
        max_examples=settings.default.max_examples if long else max_examples,
        derandomize=not long,
        stateful_step_count=40,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
