"""The command line: a module for each noun of `python -m engine NOUN VERB ...`.

A module parses and prints; what it does stands in `engine.administration`, `engine.chats`, `engine.media` and
`storage`. Nothing imports these modules but `engine.__main__`.
"""
