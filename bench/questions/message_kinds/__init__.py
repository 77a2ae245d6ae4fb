"""Does every kind of message arrive as it was composed, and become what it was to become?

Read `campaign.yaml` first: a campaign with every kind of block, effect and button. `files` puts its files beside it,
`composed` says what a guest must see of a block, `arrived` what the chat shows, `judge` compares (all three are pure).
`play` lets people come, return and pay, `books` reads what the engine holds, `question` runs it all, `report` tells it.
"""
