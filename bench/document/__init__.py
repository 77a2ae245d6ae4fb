"""Writes docs/benchmarks.md and docs/scaling.md: asks all questions, one process each, and tells what they found.

`run` asks and keeps the JSON, `chapters` finds what each question adds, `page` writes the Markdown, `pictures`
draws the plots, `scaling` does the arithmetic.
"""
