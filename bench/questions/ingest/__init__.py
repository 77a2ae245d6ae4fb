"""How many updates a second does one receiver take in?

Read `question` from top to bottom. `senders` and `fake_api` are Telegram, by webhook and by polling; `bare` is what the
receiver is compared with; `report` shows it.
"""
