"""A campaign whose timers are armed and not due within a run: for questions about everything but sending."""

from typing import Final

AT_REST: Final = """\
threshold: 1h
zone: America/Sao_Paulo
steps:
  - key: only
    schedule: now
    blocks: ["Nobody receives this"]
"""
