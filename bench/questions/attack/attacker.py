"""The process of an attacker: `python -m bench.questions.attack.attacker NAME TARGET`.

A process of its own, so that it holds up neither the genuine load nor those who measure it. SIGTERM ends the attack,
and what it did is printed as one JSON object.
"""

import asyncio
import signal
import sys
from collections import Counter
from pathlib import Path

import msgspec

from bench.questions.attack.attacks import ATTACKS, Attack
from bench.questions.attack.target import Target, read_target
from engine.runtime.resources import allow_many_connections


async def _attack(attack: Attack, target: Target) -> Counter[str]:
    """Goes on until SIGTERM. An attack that fails fails the run."""
    counts = Counter[str]()
    running = asyncio.create_task(attack(target, counts))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    await asyncio.wait([running])
    if not running.cancelled():
        running.result()
    return counts


def main(name: str, target: str) -> None:
    allow_many_connections()
    counts = asyncio.run(_attack(ATTACKS[name], read_target(Path(target))))
    print(msgspec.json.encode(counts).decode())


if __name__ == "__main__":
    main(*sys.argv[1:])
