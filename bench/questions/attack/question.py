"""Do attacks by strangers, and by a key that leaked, reach the genuine users?

Beside each attack, people write to the bots through their webhooks, an integrator reports activity, a balancer asks
/healthz, and the owner goes from screen to screen. Each attack has servers and processes of its own, and before the
first one there is a run that nobody attacks. The limit of open files is what a shell gives a process: 1,024.
"""

import argparse
import asyncio
import os
import resource
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.harness.arguments import whole
from bench.harness.question import Given, Question
from bench.harness.stack import Stack, running_stack
from bench.questions.attack.attacks import ATTACKS
from bench.questions.attack.judge import Verdict, judge
from bench.questions.attack.load import Load
from bench.questions.attack.report import Conditions, Outcome
from bench.questions.attack.scene import BOTS, Scene, prepared
from bench.questions.attack.target import write_target
from bench.questions.attack.updates import RATE
from bench.questions.attack.watch import Watch

_NOBODY: Final = "nobody"
_ATTACKER: Final = "attacker"
_FILES: Final = 1_024


class Wanted(Given):
    seconds: int
    only: str | None


def _parse(parser: argparse.ArgumentParser, words: Sequence[str]) -> Wanted:
    parser.add_argument("--seconds", type=whole(5, 600), default=30, help="how long each attack lasts")
    parser.add_argument("--only", choices=[_NOBODY, *ATTACKS], help="one attack, or none")
    return parser.parse_args(words, Wanted())


def _ask(given: Wanted, directory: Path) -> Outcome:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, most))
    names = [given.only] if given.only else [_NOBODY, *ATTACKS]
    verdicts = {name: _beside(name, given, directory / name) for name in names}
    return Outcome(Conditions(given.seconds, BOTS, RATE, os.cpu_count() or 0), verdicts)


def _beside(name: str, given: Wanted, directory: Path) -> Verdict:
    given.say(f"Attacked by {name}: starting everything")
    directory.mkdir(exist_ok=True)
    with running_stack(directory) as stack:
        return asyncio.run(_run(name, stack, given))


async def _run(name: str, stack: Stack, given: Wanted) -> Verdict:
    async with prepared(stack) as scene:
        load = Load(scene, _watch(stack, scene))
        given.say(f"Attacked by {name}: {given.seconds} s")
        async with load.running():
            attempts = await _attack(name, stack, scene, given.seconds)
        return judge(await load.seen(), attempts)


def _watch(stack: Stack, scene: Scene) -> Watch:
    pids = {what: stack.pids[name] for what, name in scene.processes.items()}
    return Watch(pids, [stack.directory / f"{name}.log" for name in scene.processes.values()])


async def _attack(name: str, stack: Stack, scene: Scene, seconds: int) -> Counter[str]:
    """Raises RecoveryError if a process does not survive it."""
    if name == _NOBODY:
        await asyncio.sleep(seconds)
        stack.check_alive()
        return Counter()
    target = write_target(stack.directory, scene.target)
    log = stack.start(_ATTACKER, "bench.questions.attack.attacker", name, str(target))
    await asyncio.sleep(seconds)
    stack.check_alive()
    await stack.stop(_ATTACKER)
    return Counter(msgspec.json.decode(log.read_bytes().splitlines()[-1], type=dict[str, int]))


QUESTION: Final = Question(__package__, __doc__, _parse, _ask)
