"""Do attacks by strangers, and by a key that leaked, reach the genuine users?

Read `question` from top to bottom. `attacks` are what the attackers do, each in a process of its own (`attacker`).
`updates`, `callers` and `owner` are the genuine load, `watch` reads memory and logs, `judge` compares with `bounds`.
"""
