"""Whole numbers on the command line of a question, within bounds that the error message names."""

from bench.sandbox.arguments import whole

__all__ = ["whole"]
