"""Does the service keep its promises while processes, servers, connections and Telegram fail again and again?

Read `plan` first: it is the table of strikes, which follows from the seed. `script` says what people do meanwhile. Both
are pure, and so are `recovery` and `doubtful`. `ground` is what is struck; `storm` strikes, through the acts in
`strikes_on_processes`, `strikes_on_servers` and `strikes_by_telegram`, while `crew` starts again what has ended. The
verdict is that of exactly-once; `history` tells all that is known of a chat, `report` shows it. `question` runs it all.
"""
