"""What is lost when Redis is emptied while very many timers are armed, and how long does it take until it goes on?

Read `plan` first, which is pure: it says who rests, who writes and whose silence ends when. `planted` arms them,
`writing` has the writers write, `judge` (pure) compares, `report` shows. `question` runs it all.
"""
