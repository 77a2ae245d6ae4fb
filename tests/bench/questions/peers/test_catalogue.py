"""The rows name scripts and pins that exist, and the pins name versions and no place to take them from."""

import json
import re
from pathlib import Path

import pytest

from bench.questions.peers import catalogue, environments
from bench.questions.peers.catalogue import OURS, WAYS
from bench.questions.peers.script import SCRIPTS

PINS = sorted((SCRIPTS.parent / "pins").iterdir())


def test_each_row_has_a_name_of_its_own() -> None:
    assert len({way.name for way in WAYS}) == len(WAYS)


def test_every_script_and_every_pin_is_used() -> None:
    scripts = {path.stem for path in SCRIPTS.glob("*.*")} - {"protocol"}
    words = " ".join([*(way.script for way in WAYS), *(" ".join(command) for way in WAYS for command in way.workers)])
    assert {name for name in scripts if name not in words} == set()
    assert {path.stem for path in PINS} | {OURS} == {way.pins for way in WAYS}


@pytest.mark.parametrize("path", PINS, ids=lambda path: path.name)
def test_every_version_is_exact_and_no_place_is_named(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "://" not in text
    if path.suffix == ".json":
        assert all(re.fullmatch(r"[\d.]+", version) for version in json.loads(text)["dependencies"].values())
    else:
        assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in text.splitlines())


@pytest.mark.parametrize("name", catalogue.environments(WAYS))
def test_the_version_of_a_peer_is_shown(name: str) -> None:
    assert re.fullmatch(rf"{name} \d+\.[\d.]+", environments.version(name))


def test_quick_asks_those_that_are_measured_in_each_round() -> None:
    assert catalogue.environments(catalogue.wanted(quick=True)) == ["celery", "arq", "bullmq"]
