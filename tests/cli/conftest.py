from pathlib import Path

import pytest

from tests.cli.command import Cli


@pytest.fixture
def cli(redis_url: str, database_url: str, tmp_path: Path) -> Cli:
    return Cli(redis_url, database_url, tmp_path)
