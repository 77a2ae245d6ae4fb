"""The recovery engine: use cases and processes. Its pure heart is `engine.core`."""
