"""What should be sent to one chat, minute by minute, and why nothing else: the rules of the documents, written again.

Nothing here imports the engine. Its sources are docs/manager.md, docs/campaign-file.md and docs/updates.md, and for
what those leave open the table in docs/reliability.md.
"""
