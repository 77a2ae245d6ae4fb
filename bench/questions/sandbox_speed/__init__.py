"""What does a call of the sandbox cost? A full sendMessage is compared with a bare handler of the same HTTP server.

Each serves in its own process, and they take turns in one run, so that the rest of the machine's load affects both.
"""
