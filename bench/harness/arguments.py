"""Numbers on the command line of a question: whole ones, within bounds that the refusal names."""

from bench.sandbox.arguments import whole

__all__ = ["whole"]
