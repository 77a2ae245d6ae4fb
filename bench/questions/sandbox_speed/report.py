"""Shows the figures: to machines as one JSON object, to people as a table."""

from typing import Any, Final, NamedTuple

MOST: Final = 1.7
"""How many times as much as a bare handler a full sendMessage may cost."""


class Outcome(NamedTuple):
    requests_per_s: int
    cpu_us_per_request: float
    bare_requests_per_s: int
    bare_cpu_us_per_request: float
    ratio_to_bare_handler: float
    rounds: int

    @property
    def holds(self) -> bool:
        return self.ratio_to_bare_handler <= MOST

    def as_json(self) -> dict[str, Any]:
        return self._asdict()

    def as_table(self) -> str:
        return "\n".join(
            [
                f"Medians of {self.rounds} pairs of rounds. A full sendMessage: limits, record and checks on.",
                f"{'':<14}{'requests/s':>12}{'CPU µs each':>14}",
                f"{'sandbox':<14}{self.requests_per_s:>12}{self.cpu_us_per_request:>14}",
                f"{'bare handler':<14}{self.bare_requests_per_s:>12}{self.bare_cpu_us_per_request:>14}",
                f"A sendMessage costs {self.ratio_to_bare_handler} times as much as a bare handler.",
            ]
        )
