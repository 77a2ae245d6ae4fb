"""The known faults, by name: the only home of what the tests are known to notice."""

from typing import Final

from bench.questions.mutants.catalogue import decisions, pollers, receivers, scripts, sharing, statements
from bench.questions.mutants.mutant import Mutant

MUTANTS: Final[dict[str, Mutant]] = {
    mutant.name: mutant
    for room in (scripts, sharing, statements, decisions, pollers, receivers)
    for mutant in room.MUTANTS
}
