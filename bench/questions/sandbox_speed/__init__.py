"""What a call of the sandbox costs: a full sendMessage against a bare handler of the same HTTP server.

Both serve in processes of their own, and take turns in one run, so that what else the machine does weighs on both.
"""
