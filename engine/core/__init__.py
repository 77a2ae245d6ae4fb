"""The pure core: no I/O, no clock, no logging, no async. Times come in as arguments, decisions go out as values."""
