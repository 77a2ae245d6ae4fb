"""Does every kind of message arrive once, as composed, and change or go when it has to?

Read `campaign.yaml` first: a campaign with every kind of block, effect and button. `files` puts its media beside it,
`composed` derives how a person must see a block, `arrived` how the chat shows it, `judge` compares them (these three
are pure). `play` has people come, return and pay, `question` runs it all, `report` shows the verdict.
"""
