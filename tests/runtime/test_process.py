"""A process opens as many files as the machine allows."""

import resource

import pytest

from engine.runtime import resources


class Machine:
    """Has the limits that a test gives it."""

    def __init__(self, allowed: int, most: int) -> None:
        self.limits = allowed, most

    def getrlimit(self, _: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _: int, limits: tuple[int, int]) -> None:
        self.limits = limits


@pytest.mark.parametrize(
    ("allowed", "most", "files"),
    [
        (1_024, 4_096, 4_096),
        (1_024, 1_048_576, resources.MOST_FILES),
        (1_024, resource.RLIM_INFINITY, resources.MOST_FILES),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resources.MOST_FILES),
        (1_048_576, 1_048_576, resources.MOST_FILES),
    ],
)
def test_many_connections_are_allowed_within_reason(
    monkeypatch: pytest.MonkeyPatch, allowed: int, most: int, files: int
) -> None:
    machine = Machine(allowed, most)
    monkeypatch.setattr(resource, "getrlimit", machine.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", machine.setrlimit)
    assert resources.allow_many_connections() == files
    assert machine.limits[1] == most
