"""The command line: a module for each noun, called by `python -m engine NOUN ...`."""
